import { createRoute } from "@hono/zod-openapi";
import { limits } from "../../schemas/limits.ts";
import { READ_PROBLEMS } from "../../schemas/problem.ts";
import { answerJson } from "../answer.ts";
import { acceptJson } from "../middleware/accept-json.ts";
import { STATELESS_BODY_BYTES } from "../middleware/json-body.ts";
import { noQuery, type Operation, STATELESS } from "../operation.ts";
import { PROBES_AT_ONCE } from "../probe-answers.ts";
import { MODEL_VERSION } from "../services/model-version.ts";
import { DATASET_BYTES } from "./create-dataset.ts";
import { NOISE_SCALE_BODY_BYTES } from "./create-noise-scale.ts";
import { PROBE_BODY_BYTES } from "./create-probe.ts";

const route = createRoute({
  operationId: "getLimits",
  method: "get",
  path: "/v1/limits",
  tags: ["service"],
  summary: "What one call may ask",
  ...STATELESS,
  middleware: [acceptJson()] as const,
  request: { query: noQuery },
  responses: {
    200: { description: "The limits.", content: { "application/json": { schema: limits } } },
    ...READ_PROBLEMS,
  },
});

export const getLimits: Operation = (app, deps) => {
  app.openapi(route, (c) =>
    answerJson(c, {
      bodyBytes: STATELESS_BODY_BYTES,
      noiseScaleBodyBytes: NOISE_SCALE_BODY_BYTES,
      probeBodyBytes: PROBE_BODY_BYTES,
      probeRequestFlops: deps.probes.requestFlops,
      probesAtOnce: PROBES_AT_ONCE,
      datasetBytes: DATASET_BYTES,
      ...deps.stored.limits,
      modelVersion: MODEL_VERSION,
    }),
  );
};
