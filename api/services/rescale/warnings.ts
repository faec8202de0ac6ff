import { brokenPowerLearningRate } from "../../numerics/rules/learning-rate-rescaling.ts";
import { halfWidthLog } from "../shared/estimates.ts";
import { isAdaptive } from "../shared/is-adaptive.ts";
import type { Notice } from "../shared/notices.ts";
import type { Rescale } from "./known.ts";
import { largerBatch } from "./preconditions.ts";
import type { TriedRule } from "./rules.ts";

/** What a chosen rule leaves open at this move. */
export function rescaleWarnings(rescale: Rescale, chosen: TriedRule): Notice[] {
  const { rule } = chosen;
  return [
    ...uncertainPrecondition(rescale, chosen),
    ...pastOptimalBatch(rescale, chosen),
    ...(rule.id === "broken-power" && !rescale.known.insideFit
      ? [
          {
            code: "broken-power-outside-its-fit",
            detail:
              "The broken power was fitted on 2.1e8 to 1.07e9 parameters without embeddings and 4e9 to 1e11 tokens.",
          },
        ]
      : []),
    ...(rule.id === "square-root" && !isAdaptive(rescale.kind)
      ? [
          {
            code: "square-root-for-sgd",
            detail:
              "For SGD the square root keeps the covariance of the update, but below the noise scale the linear rule " +
              "trained better (Goyal 2017).",
          },
        ]
      : []),
  ];
}

function uncertainPrecondition(rescale: Rescale, { preconditions }: TriedRule): Notice[] {
  const noise = rescale.known.noise;
  const compared = preconditions.some(
    ({ code }) => code === "below-noise-scale" || code === "far-below-noise-scale",
  );
  if (noise === undefined || !compared) return [];
  const distance = Math.abs(Math.log(largerBatch(rescale)) - noise.scale.lnValue);
  if (distance > halfWidthLog(noise.scale, rescale.level)) return [];
  return [
    {
      code: "noise-scale-too-uncertain",
      detail: `The larger batch is inside the interval of the ${noise.name}, so it may be above or below it.`,
    },
  ];
}

/** The square root and its like keep rising where the measured learning rates are flat. */
function pastOptimalBatch({ known, move }: Rescale, { rule, rate }: TriedRule): Notice[] {
  if (known.bOpt === undefined || rate === undefined || rule.id === "broken-power") return [];
  const bOpt = Math.exp(known.bOpt.lnValue);
  const plateau = Math.log(brokenPowerLearningRate(move, bOpt));
  if (move.toBatch <= Math.max(bOpt, move.fromBatch) || rate.lnRate <= plateau) return [];
  return [
    {
      code: "raises-learning-rate-past-optimal-batch",
      detail:
        "For AdamW on language models, tuned learning rates stop rising at the optimal batch, and the new batch is larger.",
    },
  ];
}
