import { z } from "@hono/zod-openapi";
import { quantity } from "../common.ts";

const LARGEST_RATIO = 1e5;

const beyondWall = z
  .strictObject({
    status: z.literal("beyond-wall").openapi({
      description: "Even ten thousand times as much does not restore the loss on the surface.",
      example: "beyond-wall",
    }),
  })
  .openapi("SurfaceBeyondWall", { description: "This route does not restore the loss." });

const finite = z.literal("finite").openapi({
  description: "A finite ratio restores the loss on the surface.",
  example: "finite",
});

const parameters = z
  .discriminatedUnion("status", [
    z
      .strictObject({
        status: finite,
        paramsRatio: quantity({
          unit: "ratio",
          lower: 1,
          upper: LARGEST_RATIO,
          description:
            "Parameters that restore the loss at the same tokens and batch, over those now.",
          example: 2.5,
        }),
      })
      .openapi("SurfaceParameters", { description: "Restoring the loss with a larger model." }),
    beyondWall,
  ])
  .openapi({ description: "Restoring the loss by more parameters." });

const tokens = z
  .discriminatedUnion("status", [
    z
      .strictObject({
        status: finite,
        tokensRatio: quantity({
          unit: "ratio",
          lower: 1,
          upper: LARGEST_RATIO,
          description:
            "Tokens that restore the loss at the same parameters and batch, over those now.",
          example: 1.8,
        }),
      })
      .openapi("SurfaceTokens", { description: "Restoring the loss with a longer run." }),
    beyondWall,
  ])
  .openapi({ description: "Restoring the loss with more tokens." });

/** What the joint loss surface alone says of the recommended batch, beside the closed form. */
export const jointSurface = z
  .strictObject({
    insideFit: z.boolean().openapi({
      description: "Whether parameters and tokens lie inside the runs the surface was fitted on.",
      example: true,
    }),
    extrapolationLog: quantity({
      unit: "natural log of parameters and tokens",
      lower: 0,
      upper: 1e3,
      description: "Distance from the fitted runs; 0 inside.",
      example: 0,
    }),
    compensation: z
      .discriminatedUnion("status", [
        z
          .strictObject({
            status: z.literal("not-needed").openapi({
              description: "The batch costs no extra parameters or tokens.",
              example: "not-needed",
            }),
          })
          .openapi("SurfaceNotNeeded", { description: "Nothing to restore." }),
        z
          .strictObject({
            status: z.literal("priced").openapi({
              description: "The batch costs loss; both routes are solved on the surface.",
              example: "priced",
            }),
            parameters,
            tokens,
          })
          .openapi("SurfacePriced", { description: "Both routes, solved on the surface." }),
      ])
      .openapi({
        description: "Price of the batch on the surface, counted from its own optimal batch.",
      }),
  })
  .openapi("JointSurface", {
    description:
      "The law critbatch-joint alone: a second opinion on the price, beside the closed form.",
  });
export type JointSurface = z.infer<typeof jointSurface>;
