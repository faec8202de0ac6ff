/** Version of this package. */
export const VERSION = "0.1.0";

/**
 * `name/version (runtime) caller`, or undefined in browsers: they send their own, and a foreign header
 * would cost a refused preflight.
 */
export function userAgentOf(caller: string | undefined): string | undefined {
  const runtime = globalThis.navigator?.userAgent;
  if (runtime?.startsWith("Mozilla/")) return undefined;
  const suffixes = [runtime === undefined ? "" : ` (${runtime})`, caller ? ` ${caller}` : ""];
  return `critbatch/${VERSION}${suffixes.join("")}`;
}
