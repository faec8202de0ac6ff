import type { Estimate } from "../../schemas/common.ts";
import type { Recommended } from "../../schemas/recommendation-answer.ts";
import { estimateOf, givenNumber } from "./estimates.ts";
import type { SettledNumber, SettledPlan } from "./settle-plan.ts";

/** Parameters and tokens of the run as the answer shows them, with the interval of what was not given. */
export function planSize(
  settled: SettledPlan,
  level: number,
): Pick<Recommended, "parameters" | "data"> {
  const { model, modelBasis, tokens, tokensBasis } = settled;
  const fromLaw = modelBasis === "compute-optimal";
  return {
    parameters: {
      nonEmbeddingParams: describe(model.nonEmbeddingParams, fromLaw, level),
      totalParams: describe(model.totalParams, fromLaw, level),
      basis: modelBasis,
    },
    data: {
      trainingTokens: describe(tokens, tokensBasis === "compute-optimal", level),
      basis: tokensBasis,
    },
  };
}

function describe({ value, sdLog }: SettledNumber, fromLaw: boolean, level: number): Estimate {
  if (sdLog === 0) return givenNumber(value, level);
  return estimateOf(
    {
      lnValue: Math.log(value),
      variance: sdLog ** 2,
      degreesOfFreedom: Number.POSITIVE_INFINITY,
      basis: fromLaw ? "law" : "derived",
    },
    level,
  );
}
