import type { RescalePrecondition } from "../../../schemas/batch-rescales/answer.ts";
import { adamSdeSettings } from "../../numerics/rules/adam-rescaling.ts";
import {
  linearLearningRate,
  saturatingLearningRate,
} from "../../numerics/rules/learning-rate-rescaling.ts";
import { roundForWire } from "../shared/estimates.ts";
import type { OptimizerKind, Rescale } from "./known.ts";

// Beyond a fifth the linear rule is off the one-step optimum by more than any re-tuning grid.
const LARGEST_LINEAR_DEPARTURE = 1.2;

const NO_NOISE_SCALE =
  "No noise scale is known: send noiseScale, measured in the run, or model and data.trainingTokens of language-model pre-training.";

/** Whether the rule was made for the optimizer; null where nobody has tried. */
export function optimizerOf(
  { kind }: Rescale,
  holdsFor: Readonly<Record<OptimizerKind, boolean | null>>,
): RescalePrecondition {
  const holds = holdsFor[kind];
  const made = Object.keys(holdsFor).filter((name) => holdsFor[name as OptimizerKind] === true);
  return {
    code: "optimizer-of-the-rule",
    holds,
    detail:
      holds === null
        ? `The rule is one of ${made.join(", ")}; whether it holds for ${kind} is unknown.`
        : `The rule is one of ${made.join(", ")}; the optimizer is ${kind}.`,
  };
}

/** Both batches below the noise scale: noise decides the update there. */
export function belowNoise(rescale: Rescale): RescalePrecondition {
  const noise = rescale.known.noise;
  const code = "below-noise-scale";
  if (noise === undefined) return { code, holds: null, detail: NO_NOISE_SCALE };
  const larger = largerBatch(rescale);
  const holds = larger < Math.exp(noise.scale.lnValue);
  return { code, holds, detail: `${comparison(rescale, holds ? "is below" : "is not below")}.` };
}

/**
 * Both batches below the noise scale, and the linear rule within a fifth of the one-step optimum.
 *
 *   linear / saturating = (B + B_noise) / (B0 + B_noise)
 *
 * @source arXiv:1812.06162, eq. (2.6)
 */
export function farBelowNoise(rescale: Rescale): RescalePrecondition {
  const noise = rescale.known.noise;
  const code = "far-below-noise-scale";
  if (noise === undefined) return { code, holds: null, detail: NO_NOISE_SCALE };
  const { move } = rescale;
  const bNoise = Math.exp(noise.scale.lnValue);
  const departure = linearLearningRate(move) / saturatingLearningRate(move, bNoise);
  const near = Math.abs(Math.log(departure)) <= Math.log(LARGEST_LINEAR_DEPARTURE);
  const below = largerBatch(rescale) < bNoise;
  return {
    code,
    holds: near && below,
    detail:
      `${comparison(rescale, below ? "is below" : "is not below")}; there the rule gives ` +
      `${departure.toPrecision(3)} of the one-step optimum; up to a fifth either way is allowed.`,
  };
}

/** k (1 - beta) below 1 for both decays: averages that forget within a step are no averages. */
export function decaysOutlastAStep({ adam, batchRatio }: Rescale): RescalePrecondition {
  const { holds } = adamSdeSettings(adam, batchRatio);
  const decays = [adam.adamBeta1, adam.adamBeta2].map((beta) =>
    (batchRatio * (1 - beta)).toPrecision(3),
  );
  return {
    code: "decays-outlast-a-step",
    holds,
    detail: `k (1 - beta) is ${decays[0]} for beta1 and ${decays[1]} for beta2 at k = ${batchRatio.toPrecision(3)}; both must be below 1.`,
  };
}

/** The saturating rule is a rule of the noise scale. */
export function noiseKnown({ known }: Rescale): RescalePrecondition {
  const code = "noise-scale-known";
  if (known.noise === undefined) return { code, holds: false, detail: NO_NOISE_SCALE };
  return { code, holds: true, detail: `The ${known.noise.name} is used as the noise scale.` };
}

/** The broken power is a rule of the optimal batch. */
export function optimalBatchKnown({ known, unit }: Rescale): RescalePrecondition {
  const code = "optimal-batch-known";
  if (known.bOpt !== undefined) {
    const bOpt = Math.exp(known.bOpt.lnValue);
    return {
      code,
      holds: true,
      detail: `The laws put the optimal batch at ${roundForWire(bOpt)} ${unit}.`,
    };
  }
  return {
    code,
    holds: false,
    detail:
      "The optimal batch is not known: send model and data.trainingTokens of language-model pre-training" +
      `${unit === "examples" ? ", and data.sequenceLengthTokens" : ""}.`,
  };
}

/** The larger of the two batches; rules hold below a scale only when both lie below it. */
export function largerBatch({ move }: Rescale): number {
  return Math.max(move.fromBatch, move.toBatch);
}

function comparison(rescale: Rescale, relation: string): string {
  const { known, unit } = rescale;
  const scale = Math.exp(known.noise?.scale.lnValue ?? 0);
  return (
    `The larger batch of ${roundForWire(largerBatch(rescale))} ${unit} ${relation} the ${known.noise?.name} ` +
    `of ${roundForWire(scale)} ${unit}`
  );
}
