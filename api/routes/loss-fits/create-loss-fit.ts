import { createRoute } from "@hono/zod-openapi";
import {
  LOSS_FIT_EXAMPLE,
  lossFitAnswer,
  lossFitRequest,
} from "../../../schemas/loss-fits/loss-fit.ts";
import { BODY_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { jsonBody } from "../../http/middleware/json-body.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { requireModelVersion } from "../../http/problem.ts";
import { fitOwnRunsInSlices } from "../../services/loss-fits/fit.ts";
import { inSlices } from "../../services/shared/in-slices.ts";

const route = createRoute({
  operationId: "createLossFit",
  method: "post",
  path: "/v1/loss-fits",
  tags: ["laws"],
  summary: "A loss law fitted to your own runs",
  description:
    "Fits L(N, D), or L(N, D, B) where batches vary, to at most 2,000 finished runs by a robust least squares on ln " +
    "loss, with bootstrap intervals. Runs that cannot tell the constants are the status not-identified with what is " +
    "missing, not an error. The answer is taken as lossFit by compensations, " +
    "recommendations and trade-off reports.",
  ...STATELESS,
  middleware: [acceptJson(), jsonBody()] as const,
  request: {
    query: noQuery,
    body: {
      required: true,
      description: "Finished runs.",
      content: { "application/json": { schema: lossFitRequest, example: LOSS_FIT_EXAMPLE } },
    },
  },
  responses: {
    200: {
      description: "The constants, or what is missing for them.",
      content: { "application/json": { schema: lossFitAnswer } },
    },
    ...BODY_PROBLEMS,
  },
});

export const createLossFit: Operation = (app) => {
  app.openapi(route, async (c) => {
    const request = c.req.valid("json");
    requireModelVersion(request.modelVersion, "/modelVersion");
    return answerJson(c, await inSlices(fitOwnRunsInSlices(request)));
  });
};
