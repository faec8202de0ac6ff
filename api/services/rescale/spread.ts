import type { Estimate } from "../../../schemas/common.ts";
import { normalQuantile } from "../../numerics/quantiles.ts";
import { roundForWire } from "../shared/estimates.ts";
import type { Rescale } from "./known.ts";
import { type RuleRate, saturatingExponent, type TriedRule } from "./rules.ts";

// rms of the broken power, the best rule measured, over 157 tuned cells, in ln of the learning rate. A smaller move than
// by a factor of two has that much less of it, so that no move has none.
const RULE_SD_LOG = 0.17;
const FULL_SCATTER_LOG = Math.LN2;

/**
 * Returns the learning rate of a rule with its interval, ends in ln:
 *
 *   end = ln eta -+ sqrt( spread^2 + (z 0.17 min(1, |ln k| / ln 2))^2 )
 *
 * spread is the distance to the furthest end, on that side, of any rule that is not refused; the ends of a rule are
 * those its own inputs allow. Where no noise scale is known the two limits of the saturating rule count among them:
 * unchanged above it, k^a below it. The broken power was measured against the others: only its own ends count.
 *
 * @param one - the rule; not refused.
 * @param tried - all rules at this move.
 * @source docs/method.md, The joint surface [O] (rms 0.17)
 */
export function rescaledEstimate(
  one: TriedRule,
  tried: readonly TriedRule[],
  rescale: Rescale,
): Estimate {
  const { rate, rule } = one;
  if (rate === undefined) throw new Error(`${rule.id} is refused and has no learning rate`);
  const share = Math.min(1, Math.abs(Math.log(rescale.batchRatio)) / FULL_SCATTER_LOG);
  const scatter = normalQuantile((1 + rescale.level) / 2) * RULE_SD_LOG * share;
  const ends = rule.id === "broken-power" ? endsOf(rate) : allEnds(tried, rescale);
  const below = Math.max(0, ...ends.map((end) => rate.lnRate - end));
  const above = Math.max(0, ...ends.map((end) => end - rate.lnRate));
  return {
    value: roundForWire(Math.exp(rate.lnRate)),
    interval: {
      lower: roundForWire(Math.exp(rate.lnRate - Math.hypot(scatter, below))),
      upper: roundForWire(Math.exp(rate.lnRate + Math.hypot(scatter, above))),
      level: rescale.level,
    },
    basis: rate.basis,
  };
}

function allEnds(tried: readonly TriedRule[], rescale: Rescale): readonly number[] {
  const ends = tried.flatMap(({ rate }) => (rate === undefined ? [] : endsOf(rate)));
  if (rescale.known.noise !== undefined) return ends;
  const saturated = Math.log(rescale.move.peakLearningRate);
  const noisy = saturatingExponent(rescale.kind).value * Math.log(rescale.batchRatio);
  return [...ends, saturated, saturated + noisy];
}

function endsOf({ lnRate, downLog, upLog }: RuleRate): readonly number[] {
  return [lnRate - downLog, lnRate + upLog];
}
