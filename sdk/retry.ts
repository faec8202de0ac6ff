const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);
const LONGEST_BACKOFF_MS = 8_000;

/**
 * Whether an answer is worth another attempt. A 409 only where the service says when to come back.
 * What the calls of this package store is named by its content, so a repeated POST does no harm; the one call that
 * does something else the second time, `cancelProbe`, allows itself no retries.
 */
export function isRetried({ status, headers }: Response): boolean {
  return RETRIED_STATUSES.has(status) || (status === 409 && headers.has("Retry-After"));
}

/** What the Retry-After header asks to wait, in ms; it holds seconds or a date (RFC 9110, 10.2.3). */
export function retryAfterMs(headers: Headers, nowMs: number = Date.now()): number | undefined {
  const text = headers.get("Retry-After")?.trim();
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/**
 * Wait before the retry that follows an attempt, in ms: firstMs x 2^(attempt - 1), at most 8,000, less
 * up to a quarter at random so that callers who failed together do not return together.
 */
export function backoffMs(attempt: number, firstMs: number, random: () => number): number {
  return Math.min(firstMs * 2 ** (attempt - 1), LONGEST_BACKOFF_MS) * (1 - random() / 4);
}
