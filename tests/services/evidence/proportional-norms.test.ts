import { expect, it } from "vitest";
import { estimateNoiseScale } from "../../../api/services/noise/estimate.ts";
import { noiseScaleRequest } from "../../../schemas/noise-scales/request.ts";

it.each([3, 5, 6, 7, 9, 11, 13, 31])(
  "norms that all have the ratio %d have a noise scale as exact as rounding leaves it",
  (ratio) => {
    const observations = [1.48, 1.45, 1.41, 1.5, 1.43, 1.46].map((norm, index) => ({
      step: 100 + 50 * index,
      smallBatch: 8,
      bigBatch: 256,
      smallBatchGradSqNorm: norm,
      bigBatchGradSqNorm: norm / ratio,
    }));
    const answer = estimateNoiseScale(
      noiseScaleRequest.parse({
        unit: "sequences",
        reduction: "mean",
        clipped: false,
        observations,
      }),
    );
    if (answer.status !== "resolved") throw new Error(answer.status);
    const traceSigma = (1 - 1 / ratio) / (1 / 8 - 1 / 256);
    const gradSqNorm = (256 / ratio - 8) / 248;
    const exact = traceSigma / gradSqNorm;
    expect(answer.bSimple.value / exact).toBeCloseTo(1, 9);
    expect(answer.bSimple.interval.upper ?? Number.NaN).toBeLessThan(exact * 1.001);
  },
);
