import { z } from "@hono/zod-openapi";
import { estimateOf } from "./parts.ts";

export const parametersPlan = z
  .strictObject({
    nonEmbeddingParams: estimateOf(
      "Parameters without embeddings; of a mixture of experts the active ones.",
    ),
    totalParams: estimateOf("All parameters, including embeddings."),
    basis: z
      .enum(["given", "from-shape", "from-compute-and-tokens", "compute-optimal", "constraint"])
      .openapi({
        description:
          "How the size was settled: by the request, from its shape, from FLOPs and tokens together, by the " +
          "compute-optimal allocation, or by constraints.nonEmbeddingParams.",
        example: "given",
      }),
  })
  .openapi("ParametersPlan", { description: "Size of the model." });

export const dataPlan = z
  .strictObject({
    trainingTokens: estimateOf("Tokens of the whole run."),
    basis: z.enum(["given", "from-compute-and-parameters", "compute-optimal"]).openapi({
      description:
        "How the token count was settled: by the request, from FLOPs and parameters together, or by the " +
        "compute-optimal allocation.",
      example: "given",
    }),
  })
  .openapi("DataPlan", { description: "Length of the run the recommendation is for." });

export const lossPrediction = z
  .strictObject({
    lossNats: estimateOf("Predicted final loss at the recommended batch, nats per token."),
    batchPenaltyNats: estimateOf(
      "Loss above that of the optimal batch, nats per token; 0 at the optimal batch.",
    ),
  })
  .openapi("LossPrediction", { description: "What the loss law expects of the run." });
