import type { RescalePrecondition, RescaleRule } from "../../../schemas/batch-rescales/answer.ts";
import type { Estimate } from "../../../schemas/common.ts";
import { adamSdeSettings } from "../../numerics/rules/adam-rescaling.ts";
import {
  brokenPowerLearningRate,
  linearLearningRate,
  saturatingLearningRate,
  squareRootLearningRate,
} from "../../numerics/rules/learning-rate-rescaling.ts";
import { halfWidthLog, type LogQuantity } from "../shared/estimates.ts";
import { isAdaptive } from "../shared/is-adaptive.ts";
import type { OptimizerKind, Rescale } from "./known.ts";
import {
  belowNoise,
  decaysOutlastAStep,
  farBelowNoise,
  noiseKnown,
  optimalBatchKnown,
  optimizerOf,
} from "./preconditions.ts";

/** A rule's learning rate and how far its own inputs let it move, both in ln. */
export interface RuleRate {
  readonly lnRate: number;
  readonly downLog: number;
  readonly upLog: number;
  readonly basis: Estimate["basis"];
}

/** One rule that moves a learning rate. */
export interface Rule {
  readonly id: RescaleRule;
  /** What the rule does, to follow "The learning rate". */
  readonly does: string;
  readonly preconditions: (rescale: Rescale) => RescalePrecondition[];
  /** Asked only where no precondition fails. */
  readonly rate: (rescale: Rescale) => RuleRate;
}

/** A rule at this move: what it needs, and its learning rate unless it is refused. */
export interface TriedRule {
  readonly rule: Rule;
  readonly status: "ok" | "precondition-unknown" | "refused";
  readonly preconditions: readonly RescalePrecondition[];
  readonly rate: RuleRate | undefined;
}

// McCandlish expects between the root and the whole of the SGD rule for Adam.
const ADAM_EXPONENT = { value: 0.75, lower: 0.5, upper: 1 } as const;
const SGD_EXPONENT = { value: 1, lower: 1, upper: 1 } as const;

/** a of the saturating rule: 1 for SGD, between a half and 1 for Adam. */
export function saturatingExponent(kind: OptimizerKind): {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
} {
  return isAdaptive(kind) ? ADAM_EXPONENT : SGD_EXPONENT;
}

/** All rules, in the order in which answers list them. */
export const RULES: readonly Rule[] = [
  {
    id: "linear",
    does: "moves in proportion to the batch",
    preconditions: (rescale) => [
      optimizerOf(rescale, { sgd: true, momentum: true, adamw: false, adam: false, muon: false }),
      farBelowNoise(rescale),
    ],
    rate: ({ move }) => exactly(linearLearningRate(move)),
  },
  {
    id: "square-root",
    does: "moves with the square root of the batch",
    preconditions: (rescale) => [
      optimizerOf(rescale, { sgd: true, momentum: true, adamw: true, adam: true, muon: null }),
      belowNoise(rescale),
    ],
    rate: ({ move }) => exactly(squareRootLearningRate(move)),
  },
  {
    id: "sde",
    does: "moves with the square root of the batch, Adam's decays and epsilon with it",
    preconditions: (rescale) => [
      optimizerOf(rescale, { sgd: false, momentum: false, adamw: true, adam: true, muon: false }),
      decaysOutlastAStep(rescale),
      belowNoise(rescale),
    ],
    rate: ({ adam, batchRatio }) => exactly(adamSdeSettings(adam, batchRatio).peakLearningRate),
  },
  {
    id: "saturating",
    does: "follows the one-step optimum, which flattens at the noise scale",
    preconditions: (rescale) => [
      optimizerOf(rescale, { sgd: true, momentum: true, adamw: true, adam: true, muon: null }),
      noiseKnown(rescale),
    ],
    rate: saturatingRate,
  },
  {
    id: "broken-power",
    does: "rises almost in proportion to the batch up to 0.805 of the optimal batch and stays there",
    preconditions: (rescale) => [
      optimizerOf(rescale, { sgd: false, momentum: false, adamw: true, adam: true, muon: null }),
      optimalBatchKnown(rescale),
    ],
    rate: brokenPowerRate,
  },
];

/** Checks a rule at a move, and asks it unless a precondition fails. */
export function tryRule(rule: Rule, rescale: Rescale): TriedRule {
  const preconditions = rule.preconditions(rescale);
  const refused = preconditions.some(({ holds }) => holds === false);
  const unknown = preconditions.some(({ holds }) => holds === null);
  const status = refused ? "refused" : unknown ? "precondition-unknown" : "ok";
  return { rule, status, preconditions, rate: refused ? undefined : rule.rate(rescale) };
}

/** The one of a name among the tried. */
export function triedOf(tried: readonly TriedRule[], id: RescaleRule): TriedRule {
  const one = tried.find(({ rule }) => rule.id === id);
  if (one === undefined) throw new Error(`no rule ${id}`);
  return one;
}

function exactly(rate: number): RuleRate {
  return { lnRate: Math.log(rate), downLog: 0, upLog: 0, basis: "law" };
}

function saturatingRate(rescale: Rescale): RuleRate {
  const noise = rescale.known.noise;
  if (noise === undefined) throw new Error("the saturating rule was asked without a noise scale");
  const { value, lower, upper } = saturatingExponent(rescale.kind);
  const at = (lnNoise: number, exponent: number) =>
    Math.log(saturatingLearningRate(rescale.move, Math.exp(lnNoise), exponent));
  const centre = at(noise.scale.lnValue, value);
  const byNoise = endsOf(noise.scale, rescale.level).map((end) => at(end, value));
  const byExponent = [lower, upper].map((exponent) => at(noise.scale.lnValue, exponent));
  return { ...reach(centre, [byNoise, byExponent]), basis: noise.scale.basis };
}

function brokenPowerRate({ move, known, level }: Rescale): RuleRate {
  const bOpt = known.bOpt;
  if (bOpt === undefined) throw new Error("the broken power was asked without an optimal batch");
  const at = (lnOpt: number) => Math.log(brokenPowerLearningRate(move, Math.exp(lnOpt)));
  const centre = at(bOpt.lnValue);
  return { ...reach(centre, [endsOf(bOpt, level).map(at)]), basis: bOpt.basis };
}

function endsOf(quantity: LogQuantity, level: number): readonly number[] {
  const half = halfWidthLog(quantity, level);
  return [quantity.lnValue - half, quantity.lnValue + half];
}

/** How far below and above the centre the ends of each input lead, inputs in quadrature. */
function reach(centre: number, ends: readonly (readonly number[])[]): Omit<RuleRate, "basis"> {
  return {
    lnRate: centre,
    downLog: Math.hypot(...ends.map((of) => Math.max(0, ...of.map((end) => centre - end)))),
    upLog: Math.hypot(...ends.map((of) => Math.max(0, ...of.map((end) => end - centre)))),
  };
}
