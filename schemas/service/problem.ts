import { z } from "@hono/zod-openapi";

export interface ProblemKind {
  readonly status:
    | 400
    | 401
    | 403
    | 404
    | 405
    | 406
    | 408
    | 409
    | 413
    | 415
    | 421
    | 422
    | 429
    | 500
    | 503;
  readonly title: string;
  /** What it means and what to do about it; the text of its page under /problems/. */
  readonly explanation: string;
}

/** Every kind of problem, by the last segment of its type URI: drives server, OpenAPI and SDK. */
export const PROBLEMS = {
  "malformed-json": {
    status: 400,
    title: "The body is not readable JSON",
    explanation:
      "The body is not UTF-8 JSON: it is empty, cut off, or something else. NaN and " +
      "Infinity are not JSON. Send one JSON object.",
  },
  unauthorized: {
    status: 401,
    title: "This call needs a key",
    explanation:
      "Send Authorization: Bearer with a key of this service. A missing, malformed, unknown or revoked key gets this same " +
      "answer. The owner of the service makes keys with npm run keys -- create NAME.",
  },
  "cross-origin": {
    status: 403,
    title: "A page of another origin may not make this call",
    explanation:
      "Calls that read or change what is stored here are refused when a browser sends them from a page of another " +
      "origin. Use the page of this service, or call it from a program. Calls that store nothing may be made from any page.",
  },
  "not-found": {
    status: 404,
    title: "Not found",
    explanation:
      "No operation and no stored item has this path. /openapi.json lists every operation; " +
      "/v1/laws lists every law.",
  },
  "method-not-allowed": {
    status: 405,
    title: "This path does not support the method",
    explanation: "The Allow header of the answer lists the methods that the path supports.",
  },
  "not-acceptable": {
    status: 406,
    title: "The Accept header allows no available format",
    explanation:
      "Calls answer application/json. Omit the Accept header, or let it allow " +
      "application/json.",
  },
  "body-timeout": {
    status: 408,
    title: "The body did not arrive in time",
    explanation:
      "A body has ten seconds, plus one second for every 64 KiB that have arrived (uploads) or that the call " +
      "accepts at most (JSON). Send it again over a faster connection, or compress it with gzip.",
  },
  "idempotency-in-progress": {
    status: 409,
    title: "The first request with this key is still being answered",
    explanation:
      "With an Idempotency-Key, a repeated request gets the first one's answer. The first one is still running: ask " +
      "again after the number of seconds in Retry-After.",
  },
  "body-too-large": {
    status: 413,
    title: "The body is too large for this call",
    explanation:
      "Limits: 1 MiB for a call that stores nothing, 4 MiB for a noise scale, 8 MiB for a probe, 16 MiB for a " +
      "data set, counted after decompression, with or without a Content-Length.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "Unsupported content type or coding",
    explanation:
      "Calls with a body take Content-Type: application/json in UTF-8, an upload text/plain or text/csv; plain or " +
      "with Content-Encoding: gzip (JSON also deflate). Type and coding are checked before anything is read.",
  },
  "host-not-allowed": {
    status: 421,
    title: "The service does not answer under this host name",
    explanation:
      "The Host header is checked against a list, so that another web page cannot reach a local " +
      "service by pointing its own name at it. On loopback the loopback names are allowed; other " +
      "names go into the variable ALLOWED_HOSTS, separated by commas.",
  },
  validation: {
    status: 422,
    title: "The request is not valid",
    explanation:
      "Each entry of errors names one place: a JSON Pointer into the body, or ?name for a query " +
      "parameter, with a code and what was expected there. Unknown fields, repeated query " +
      "parameters and numbers out of range are refused.",
  },
  "probe-over-limit": {
    status: 422,
    title: "The probe exceeds the limit of a job",
    explanation:
      "The probe's FLOP ceiling is above the limit of a job (see GET /v1/limits). Lower " +
      "budgetFlops, or use a smaller model or fewer batches; ?dryRun=true returns the plan.",
  },
  "dataset-quota": {
    status: 422,
    title: "The data set quota is used up",
    explanation:
      "GET /v1/limits shows how many bytes all data sets together may have. Delete one that is not needed " +
      "(DELETE /v1/datasets/{datasetId}) and upload again; nothing of this one was stored.",
  },
  "too-many-jobs": {
    status: 429,
    title: "The limit of queued and running jobs is reached",
    explanation:
      "GET /v1/limits shows the limit. Wait for the number of seconds in Retry-After, or cancel a job " +
      "(DELETE /v1/probes/{probeId}).",
  },
  busy: {
    status: 503,
    title: "The service is running its maximum number of probes",
    explanation:
      "Probes share one processor. Wait for the number of seconds in Retry-After and ask again.",
  },
  internal: {
    status: 500,
    title: "The service failed",
    explanation:
      "This is a fault of the service, not of the request. Report it with the requestId.",
  },
  "not-configured": {
    status: 503,
    title: "The service is not open yet",
    explanation:
      "A service that other machines can reach stays closed until its owner " +
      "opens it: bind it to loopback, make a key, or set the variable ALLOW_OPEN to 1.",
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemSlug = keyof typeof PROBLEMS;
export const PROBLEM_SLUGS = Object.keys(PROBLEMS) as readonly ProblemSlug[];

const typeUris = PROBLEM_SLUGS.map((slug) => `/problems/${slug}` as const);

const fieldError = z
  .strictObject({
    pointer: z.string().openapi({
      description:
        "Where: a JSON Pointer (RFC 6901) into the body, or ?name for a query parameter. The empty " +
        "pointer is the whole body.",
      example: "/model/nonEmbeddingParams",
    }),
    code: z.string().openapi({ description: "Stable, machine-readable.", example: "too-small" }),
    message: z
      .string()
      .openapi({ description: "What was expected.", example: "expected at least 1000" }),
  })
  .openapi("FieldError", { description: "One invalid place of a request." });
export type FieldError = z.infer<typeof fieldError>;

const problem = z
  .strictObject({
    type: z.enum(typeUris).openapi({
      description: "Kind of the problem; resolves to a page that explains it.",
      example: "/problems/validation",
    }),
    title: z.string().openapi({
      description: "The kind in a few words; the same for every occurrence.",
      example: PROBLEMS.validation.title,
    }),
    status: z
      .int()
      .min(400)
      .max(599)
      .openapi({ description: "HTTP status of the answer.", example: 422 }),
    detail: z.string().openapi({
      description: "What happened this time.",
      example: "1 place of the request is not valid: /model/nonEmbeddingParams.",
    }),
    instance: z.string().openapi({
      description: "Path of the request.",
      example: "/v1/recommendations",
    }),
    requestId: z.string().openapi({
      description: "Also in the X-Request-Id header; name it in a report.",
      example: "7e1f1c1e-5f0c-4a3a-9f51-1d5f5a0a8a11",
    }),
    errors: z
      .array(fieldError)
      .optional()
      .openapi({ description: "The invalid places, at most 32." }),
  })
  .openapi("Problem", { description: "An error answer in the form of RFC 9457." });
export type Problem = z.infer<typeof problem>;

const PROBLEM_CONTENT = { "application/problem+json": { schema: problem } } as const;

/** The error answers of an operation, by status, for the `responses` of its route. */
export function problemResponses<S extends ProblemSlug>(...slugs: readonly S[]) {
  const responses: Record<number, { description: string; content: typeof PROBLEM_CONTENT }> = {};
  for (const slug of slugs) {
    const { status, title } = PROBLEMS[slug];
    responses[status] = { description: `${title} (/problems/${slug}).`, content: PROBLEM_CONTENT };
  }
  return responses as {
    readonly [K in S as (typeof PROBLEMS)[K]["status"]]: {
      readonly description: string;
      readonly content: typeof PROBLEM_CONTENT;
    };
  };
}

export const problemKind = z
  .strictObject({
    type: z.enum(typeUris).openapi({
      description: "The type URI that problems of this kind carry.",
      example: "/problems/validation",
    }),
    status: z
      .int()
      .min(400)
      .max(599)
      .openapi({ description: "HTTP status of the answer.", example: 422 }),
    title: z
      .string()
      .openapi({ description: "The kind in a few words.", example: PROBLEMS.validation.title }),
    explanation: z.string().openapi({
      description: "What it means and what to do about it.",
      example: PROBLEMS["malformed-json"].explanation,
    }),
  })
  .openapi("ProblemKind", { description: "A type of problem." });

/** What a call for one named item may answer besides. */
export const NOT_FOUND = problemResponses("not-found");

/** What a call without a body may answer besides success. */
export const READ_PROBLEMS = problemResponses(
  "unauthorized",
  "not-acceptable",
  "host-not-allowed",
  "validation",
  "internal",
  "not-configured",
);

/** What a call that reads or changes what is stored may answer besides. */
export const STATEFUL_PROBLEMS = problemResponses("cross-origin");

/** What a call with a JSON body may answer besides success. */
export const BODY_PROBLEMS = problemResponses(
  "unauthorized",
  "malformed-json",
  "not-acceptable",
  "body-timeout",
  "body-too-large",
  "unsupported-media-type",
  "host-not-allowed",
  "validation",
  "internal",
  "not-configured",
);
