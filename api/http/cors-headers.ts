/** The headers of an answer that any web page may read. */
export const CORS_HEADERS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "ETag, Model-Version, X-Request-Id, Retry-After",
} as const;

/** The further headers of a preflight's answer. */
export const PREFLIGHT_HEADERS = {
  "Access-Control-Allow-Headers":
    "Accept, Authorization, Content-Type, If-None-Match, X-Request-Id",
  "Access-Control-Max-Age": "600",
} as const;
