import { z } from "@hono/zod-openapi";
import { givenEstimate } from "../common.ts";
import { insufficient, resolved, unresolved } from "./answer.ts";

// Wide enough for any measurement, narrow enough that nothing derived from it overflows.
const SMALLEST_NOISE_SCALE = 1e-3;
const LARGEST_NOISE_SCALE = 1e21;

const isMeasurable = (scale: number | null): boolean =>
  scale === null || (scale >= SMALLEST_NOISE_SCALE && scale <= LARGEST_NOISE_SCALE);

const MEASURABLE = {
  message: `a noise scale from ${SMALLEST_NOISE_SCALE} to ${LARGEST_NOISE_SCALE}`,
};

interface Spread {
  readonly value: number;
  readonly interval: { readonly lower: number | null; readonly upper: number | null };
}

const inRange = ({ value, interval: { lower, upper } }: Spread): boolean =>
  [value, lower, upper].every(isMeasurable);

/** What no estimator can know of a measurement. */
const circumstances = {
  measuredOver: z
    .enum(["unknown", "last-half-of-tuned-run", "late"])
    .openapi({
      description: "Part of training the norms were averaged over; assumed unknown when absent.",
      example: "last-half-of-tuned-run",
    })
    .optional(),
  weighting: z
    .enum(["none", "hessian"])
    .openapi({
      description: "Whether gradients were weighted by the Hessian; assumed none when absent.",
      example: "none",
    })
    .optional(),
};

const compact = z
  .strictObject({
    bSimple: givenEstimate.refine(inRange, MEASURABLE),
    unit: z.enum(["sequences", "tokens", "examples"]).openapi({
      description: "What bSimple and its interval count.",
      example: "sequences",
    }),
    ...circumstances,
  })
  .openapi("CompactNoiseScale", { description: "Value, interval and unit alone." });

const wholeResolved = resolved
  .extend(circumstances)
  .refine(({ bSimple }) => inRange(bSimple), { path: ["bSimple"], ...MEASURABLE })
  .openapi("ResolvedNoiseScaleEvidence", {
    description: "An answer of POST /v1/noise-scale as it came.",
  });

/** A measured noise scale: value, interval and unit, or a whole answer of POST /v1/noise-scale. */
export const noiseScaleEvidence = z
  .union(
    [
      compact,
      wholeResolved,
      unresolved.extend(circumstances).openapi("UnresolvedNoiseScaleEvidence", {
        description: "An answer without a value; it is listed but does not count.",
      }),
      insufficient.extend(circumstances).openapi("InsufficientMeasurementsEvidence", {
        description: "An answer without a value; it is listed but does not count.",
      }),
    ],
    { error: "{bSimple, unit} or a whole answer of POST /v1/noise-scale" },
  )
  .openapi("NoiseScaleEvidence", {
    description:
      "Simple gradient noise scale tr(Sigma)/|G|^2 measured in the caller's own run, or a whole answer of " +
      "POST /v1/noise-scale.",
  });
export type NoiseScaleEvidence = z.infer<typeof noiseScaleEvidence>;
