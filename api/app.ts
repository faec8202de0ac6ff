import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { knownPaths } from "./known-paths.ts";
import { LiteralRouter } from "./literal-router.ts";
import { allowedHost } from "./middleware/allowed-host.ts";
import { cors, PREFLIGHT_HEADERS } from "./middleware/cors.ts";
import { inTurn } from "./middleware/in-turn.ts";
import { openGate } from "./middleware/open-gate.ts";
import { requestId } from "./middleware/request-id.ts";
import type { App, AppDeps, AppEnv, Operation } from "./operation.ts";
import { faultResponse, problemOf, problemResponse, refuseInvalid } from "./problem.ts";
import { respond } from "./respond.ts";
import { createBatchRescale } from "./routes/create-batch-rescale.ts";
import { createBenchmarkRun } from "./routes/create-benchmark-run.ts";
import { createCompensation } from "./routes/create-compensation.ts";
import { createLawPredictions } from "./routes/create-law-predictions.ts";
import { createLossFit } from "./routes/create-loss-fit.ts";
import { createLossSurface } from "./routes/create-loss-surface.ts";
import { createNoiseScale } from "./routes/create-noise-scale.ts";
import { createProbe } from "./routes/create-probe.ts";
import { createRecommendation } from "./routes/create-recommendation.ts";
import { createTradeoffReport } from "./routes/create-tradeoff-report.ts";
import { getDocs } from "./routes/get-docs.ts";
import { getHealth } from "./routes/get-health.ts";
import { getLaw } from "./routes/get-law.ts";
import { getLimits } from "./routes/get-limits.ts";
import { getOpenApi } from "./routes/get-openapi.ts";
import { getPage } from "./routes/get-page.ts";
import { getProblem } from "./routes/get-problem.ts";
import { getRecommendation } from "./routes/get-recommendation.ts";
import { listBenchmarks } from "./routes/list-benchmarks.ts";
import { listLaws } from "./routes/list-laws.ts";

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
    inTurn(
      requestId(deps.newRequestId),
      openGate(deps.access),
      allowedHost(deps.access.allowedHosts),
      cors(paths.isStateless),
    ),
  );
  for (const operation of OPERATIONS) operation(app, deps);

  app.notFound((c) => answerUnrouted(c, paths.allowedMethods(c.req.path), paths.isStateless));
  app.onError((thrown, c) => {
    const problem = problemOf(thrown);
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
