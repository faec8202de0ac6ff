import type { Estimate } from "../../../schemas/common.ts";
import type { Recommended } from "../../../schemas/recommendations/answer.ts";
import { derivedNumber, estimateOf, givenNumber } from "../shared/estimates.ts";
import type { SettledNumber } from "../shared/settled-number.ts";
import type { SettledPlan } from "./settle.ts";

/** Parameters and tokens of the run as the answer shows them, with the interval of what was not given. */
export function planSize(
  settled: SettledPlan,
  level: number,
): Pick<Recommended, "parameters" | "data"> {
  const { model, modelBasis, tokens, tokensBasis } = settled;
  const totalParams = describe(model.totalParams, modelBasis, level);
  return {
    parameters: {
      nonEmbeddingParams: atMost(
        totalParams.interval.upper,
        describe(model.nonEmbeddingParams, modelBasis, level),
      ),
      totalParams,
      basis: modelBasis,
    },
    data: { trainingTokens: describe(tokens, tokensBasis, level), basis: tokensBasis },
  };
}

function describe(
  { value, sdLog }: SettledNumber,
  settledBy: SettledPlan["modelBasis" | "tokensBasis"],
  level: number,
): Estimate {
  if (sdLog === 0) return exactly(value, settledBy, level);
  return estimateOf(
    {
      lnValue: Math.log(value),
      variance: sdLog ** 2,
      degreesOfFreedom: Number.POSITIVE_INFINITY,
      basis: settledBy === "compute-optimal" ? "law" : "derived",
    },
    level,
  );
}

/** Counts of a shape are whole numbers and stay so. */
function exactly(
  value: number,
  settledBy: SettledPlan["modelBasis" | "tokensBasis"],
  level: number,
): Estimate {
  if (settledBy === "given" || settledBy === "constraint") return givenNumber(value, level);
  return settledBy === "from-shape"
    ? { ...givenNumber(value, level), basis: "derived" }
    : derivedNumber(value, value, value, level);
}

/** A part is never larger than the whole can be. */
function atMost(largest: number | null, part: Estimate): Estimate {
  const { lower, upper, level } = part.interval;
  if (largest === null || upper === null || upper <= largest) return part;
  return { ...part, interval: { lower, upper: Math.max(largest, part.value), level } };
}
