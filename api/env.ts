import { DEFAULT_JOB_LIMITS, type JobLimits } from "./jobs/job-limits.ts";

/** The bindings and variables of wrangler.toml. */
export interface Bindings {
  readonly ASSETS: { readonly fetch: (request: Request) => Promise<Response> };
  /** "1" when whoever started the service bound it to a loopback address. */
  readonly BOUND_TO_LOOPBACK?: string;
  /** "1" when the service answers on a socket of its own and nowhere else. */
  readonly SOCKET_ONLY?: string;
  /** "1" when the owner opens the service to whoever can reach it. */
  readonly ALLOW_OPEN?: string;
  /** Host names, separated by commas; `*` allows every name. */
  readonly ALLOWED_HOSTS?: string;
  /** Largest ceiling of a probe inside one request; FLOP. */
  readonly PROBE_REQUEST_FLOPS?: string;
}

/** What jobs and data sets may take. */
export interface StorageLimits extends JobLimits {
  /** Of all data sets together; bytes. */
  readonly datasetQuotaBytes: number;
  /** Data sets are deleted after so long; days. */
  readonly datasetRetentionDays: number;
  /** First answers are kept by their Idempotency-Key so long; hours. */
  readonly idempotencyHours: number;
  /** First answers that are kept; beyond, the oldest are dropped. */
  readonly idempotencyRecords: number;
  /** Bytes of all kept first answers; beyond, the oldest are dropped. */
  readonly idempotencyBytes: number;
}

const DEFAULT_STORAGE_LIMITS: StorageLimits = {
  ...DEFAULT_JOB_LIMITS,
  datasetQuotaBytes: 1_073_741_824,
  datasetRetentionDays: 90,
  idempotencyHours: 24,
  idempotencyRecords: 10_000,
  idempotencyBytes: 67_108_864,
};

/** The variable that sets a limit: `jobFlops` is JOB_FLOPS. */
function variableOf(limit: string): string {
  return limit.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** Every variable that an owner may set. */
export const VARIABLES: readonly string[] = [
  "ALLOW_OPEN",
  "ALLOWED_HOSTS",
  "PROBE_REQUEST_FLOPS",
  ...Object.keys(DEFAULT_STORAGE_LIMITS).map(variableOf),
];

/** Limits of what is stored: as configured, else the defaults. A value that is no number above 0 counts as none. */
export function parseStorageLimits(variables: Readonly<Record<string, unknown>>): StorageLimits {
  const entries = Object.entries(DEFAULT_STORAGE_LIMITS).map(([name, standard]) => {
    const configured = Number(variables[variableOf(name)]);
    return [name, configured > 0 && Number.isFinite(configured) ? configured : standard];
  });
  return Object.fromEntries(entries) as StorageLimits;
}

/** Who may call. */
export interface AccessPolicy {
  readonly boundToLoopback: boolean;
  readonly allowOpen: boolean;
  /** In lower case, without port. */
  readonly allowedHosts: ReadonlySet<string>;
}

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"] as const;

/** Reads the access policy out of the variables; loopback names are allowed only when bound there. */
export function parseAccess(variables: Omit<Bindings, "ASSETS">): AccessPolicy {
  const boundToLoopback = variables.BOUND_TO_LOOPBACK === "1";
  const named = (variables.ALLOWED_HOSTS ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  return {
    boundToLoopback,
    allowOpen: variables.ALLOW_OPEN === "1",
    allowedHosts: new Set(boundToLoopback ? [...LOOPBACK_NAMES, ...named] : named),
  };
}

// A deployed Worker has five minutes of CPU a request at most; a machine of one's own has more patience.
const DEPLOYED_REQUEST_FLOPS = 2e11;
const LOCAL_REQUEST_FLOPS = 3e12;

/** Largest ceiling of FLOPs that one request may run: as configured, else by where the service runs. */
export function parseRequestFlops(variables: Omit<Bindings, "ASSETS">): number {
  const configured = Number(variables.PROBE_REQUEST_FLOPS);
  if (configured > 0 && Number.isFinite(configured)) return configured;
  return variables.BOUND_TO_LOOPBACK === "1" ? LOCAL_REQUEST_FLOPS : DEPLOYED_REQUEST_FLOPS;
}
