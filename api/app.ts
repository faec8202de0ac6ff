import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppEnv } from "./http/context.ts";
import { PREFLIGHT_HEADERS } from "./http/cors-headers.ts";
import { knownPaths } from "./http/known-paths.ts";
import { allowedHost } from "./http/middleware/allowed-host.ts";
import { authenticate } from "./http/middleware/authenticate.ts";
import { cors } from "./http/middleware/cors.ts";
import { inTurn } from "./http/middleware/in-turn.ts";
import { noRuntimeAccess } from "./http/middleware/no-runtime-access.ts";
import { requestId } from "./http/middleware/request-id.ts";
import { sameOrigin } from "./http/middleware/same-origin.ts";
import type { App, AppDeps, Operation } from "./http/operation.ts";
import {
  faultResponse,
  isMalformed,
  problemOf,
  problemResponse,
  refuseInvalid,
} from "./http/problem.ts";
import { respond } from "./http/respond.ts";
import { LiteralRouter } from "./http/router.ts";
import { createBatchRescale } from "./routes/batch-rescales/create-batch-rescale.ts";
import { createBenchmarkRun } from "./routes/benchmarks/create-benchmark-run.ts";
import { listBenchmarks } from "./routes/benchmarks/list-benchmarks.ts";
import { createCompensation } from "./routes/compensations/create-compensation.ts";
import { createDataset } from "./routes/datasets/create-dataset.ts";
import { deleteDataset } from "./routes/datasets/delete-dataset.ts";
import { getDataset } from "./routes/datasets/get-dataset.ts";
import { listDatasets } from "./routes/datasets/list-datasets.ts";
import { createLawPredictions } from "./routes/laws/create-law-predictions.ts";
import { getLaw } from "./routes/laws/get-law.ts";
import { listLaws } from "./routes/laws/list-laws.ts";
import { createLossFit } from "./routes/loss-fits/create-loss-fit.ts";
import { createLossSurface } from "./routes/loss-surfaces/create-loss-surface.ts";
import { createNoiseScale } from "./routes/noise-scales/create-noise-scale.ts";
import { createProbe } from "./routes/probes/create-probe.ts";
import { deleteProbe } from "./routes/probes/delete-probe.ts";
import { getProbe } from "./routes/probes/get-probe.ts";
import { getProbeEvents } from "./routes/probes/get-probe-events.ts";
import { listProbes } from "./routes/probes/list-probes.ts";
import { createRecommendation } from "./routes/recommendations/create-recommendation.ts";
import { getRecommendation } from "./routes/recommendations/get-recommendation.ts";
import { getHealth } from "./routes/service/get-health.ts";
import { getLimits } from "./routes/service/get-limits.ts";
import { getOpenApi } from "./routes/service/get-openapi.ts";
import { getProblem } from "./routes/service/get-problem.ts";
import { getDocs } from "./routes/site/get-docs.ts";
import { getPage } from "./routes/site/get-page.ts";
import { createTradeoffReport } from "./routes/tradeoff-reports/create-tradeoff-report.ts";

/** Every operation of the service; openapi.json and the 405 answers follow from this list. */
const OPERATIONS: readonly Operation[] = [
  getRecommendation,
  createRecommendation,
  createNoiseScale,
  createCompensation,
  createBatchRescale,
  createTradeoffReport,
  listLaws,
  getLaw,
  createLawPredictions,
  createLossSurface,
  createLossFit,
  createProbe,
  listProbes,
  getProbe,
  getProbeEvents,
  deleteProbe,
  createDataset,
  listDatasets,
  getDataset,
  deleteDataset,
  listBenchmarks,
  createBenchmarkRun,
  getLimits,
  getHealth,
  getOpenApi,
  getDocs,
  getPage,
  getProblem,
];

/** The service as one fetch handler: middleware, operations, error answers; no logic of its own. */
export function createApp(deps: AppDeps): App {
  const app: App = new OpenAPIHono<AppEnv>({
    defaultHook: refuseInvalid,
    router: new LiteralRouter(),
  });
  const paths = knownPaths(app);
  app.use(
    inTurn(requestId(deps.newRequestId), noRuntimeAccess(), cors(paths.isStateless)),
    authenticate(deps.access, deps.keys),
    inTurn(allowedHost(deps.access.allowedHosts), sameOrigin(paths.isStateless)),
  );
  for (const operation of OPERATIONS) operation(app, deps);

  app.notFound((c) => answerUnrouted(c, paths.allowedMethods(c.req.path), paths.isStateless));
  app.onError(async (thrown, c) => {
    // The parser has read the text before; it is kept.
    const text = isMalformed(thrown) ? await c.req.text().catch(() => "") : "";
    const problem = problemOf(thrown, text);
    if (problem !== undefined) return problemResponse(c, problem.slug, problem.details);
    deps.reportFault(c.get("requestId"), thrown);
    return faultResponse(c);
  });
  return app;
}

function answerUnrouted(
  c: Context<AppEnv>,
  allowed: readonly string[],
  isStateless: (path: string) => boolean,
): Response {
  if (allowed.length === 0) {
    return problemResponse(c, "not-found", { detail: "No operation has this path." });
  }
  const Allow = allowed.join(", ");
  if (c.req.method !== "OPTIONS") {
    return problemResponse(c, "method-not-allowed", {
      detail: `This path takes ${Allow}.`,
      headers: { Allow },
    });
  }
  const preflight = isStateless(c.req.path)
    ? { ...PREFLIGHT_HEADERS, "Access-Control-Allow-Methods": Allow }
    : {};
  return respond(c, null, 204, { Allow, ...preflight });
}
