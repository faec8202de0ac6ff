import { createRoute } from "@hono/zod-openapi";
import { limits } from "../../../schemas/service/limits.ts";
import { READ_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { STATELESS_BODY_BYTES } from "../../http/middleware/json-body.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { PROBES_AT_ONCE } from "../../services/probes/submit-probe.ts";
import { MODEL_VERSION } from "../../services/shared/model-version.ts";
import { DATASET_BYTES } from "../datasets/create-dataset.ts";
import { NOISE_SCALE_BODY_BYTES } from "../noise-scales/create-noise-scale.ts";
import { PROBE_BODY_BYTES } from "../probes/create-probe.ts";

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
