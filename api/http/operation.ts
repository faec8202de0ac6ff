import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AccessPolicy, StorageLimits } from "../env.ts";
import type { BenchmarkModule } from "../services/benchmarks/run.ts";
import type { Datasets } from "../services/probes/datasets.ts";
import type { ProbeEngineModule } from "../services/probes/engine-request.ts";
import type { ProbeJobs } from "../services/probes/jobs.ts";
import type { IdempotencyRecords } from "../services/shared/idempotency-records.ts";
import type { Keys } from "../services/shared/keys.ts";
import type { AppEnv } from "./context.ts";

/** What one owner has stored. */
export interface Stored {
  readonly jobs: ProbeJobs;
  readonly datasets: Datasets;
  readonly idempotency: IdempotencyRecords;
}

/** All that the service needs from outside; built in worker.ts, or by a test. */
export interface AppDeps {
  readonly access: AccessPolicy;
  /** The committed schemas/openapi.json. */
  readonly loadOpenApiDocument: () => Promise<object>;
  readonly newRequestId: () => string;
  /** How long the first byte of an upload may take, if not ten seconds. */
  readonly bodyGraceMs?: number;
  /** A file of the built assets by its path, e.g. `/docs/index.html`. */
  readonly fetchAsset: (path: string, conditional: Headers) => Promise<Response>;
  readonly probes: {
    /** Evaluates the engine's code on its first call. */
    readonly loadEngine: () => Promise<ProbeEngineModule & BenchmarkModule>;
    /** Largest ceiling of FLOPs that one request may run. */
    readonly requestFlops: number;
  };
  /** What is kept between requests. */
  readonly stored: {
    /** By owner alone: no route can reach what another key has stored. */
    readonly of: (owner: string) => Stored;
    readonly limits: StorageLimits;
  };
  /** Without it no call needs a key. */
  readonly keys?: Keys;
  /** Where a fault is written down; the caller sees only the request id. */
  readonly reportFault: (requestId: string, fault: unknown) => void;
}

export type App = OpenAPIHono<AppEnv>;

/** One operation: adds its route and handler to the app. One a file in routes/, named by operationId. */
export type Operation = (app: App, deps: AppDeps) => void;

/** Of a call that stores nothing and so may be used from any web page; its paths get CORS headers. */
export const STATELESS = { "x-stateless": true } as const;

/** The query of a call that takes no query parameters: any is refused. */
export const noQuery = z.strictObject({});
