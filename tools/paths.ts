// What every tool needs to know, apart from the compilers: who starts a service must not hold them in memory.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const WORKER_FOLDER = join(ROOT, "dist", "worker");

/** Nothing of the tools may call home, not even to look for a newer version of themselves. */
export const QUIET = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
} as const;
