import type { Estimate } from "../../../schemas/common.ts";
import type { Recommended } from "../../../schemas/recommendations/answer.ts";
import type {
  TradeoffAspect,
  TradeoffCell,
  TradeoffRow,
} from "../../../schemas/tradeoff-reports/parts.ts";
import { B_CRIT_TOKEN_EXPONENT } from "../../numerics/laws/bergsma2025-power-lines.ts";
import { batchLimits } from "../recommend/fit-batch.ts";
import { planOptimizer } from "../recommend/optimizer.ts";
import { rampBatch } from "../recommend/ramp.ts";
import { halfWidthLog } from "../shared/estimates.ts";
import { type AspectAnswer, needsMeasurement, notApplicable, tradeoffRow } from "./aspects.ts";
import { type Comparison, countOfTokens, criticalEnds, learningRateAt } from "./comparison.ts";

/** A row that this optimizer may not have: its finding is then the reason. */
function optionalRow(aspect: TradeoffAspect, answer: AspectAnswer): TradeoffRow {
  const row = tradeoffRow(aspect, answer);
  return row.status !== "answered" && "reason" in row.large
    ? { ...row, finding: row.large.reason }
    : row;
}

/** Settings that move with the batch, as a recommendation at each batch has them. */
export function settingRows(comparison: Comparison): TradeoffRow[] {
  const { small, large } = comparison;
  const both = (cell: (comparison: Comparison, plan: Recommended) => TradeoffCell) => ({
    small: cell(comparison, small),
    large: cell(comparison, large),
  });
  return [
    learningRateRow(comparison),
    optionalRow("adam-beta2", {
      ...both(beta2Cell),
      finding:
        "True: to average over the same number of tokens, the second moment must forget faster per step at the large batch, down to 0.9.",
      source: "arXiv:2507.07101: beta2^(B/B_0), half-life in tokens",
    }),
    optionalRow("weight-decay", {
      ...both(weightDecayCell),
      finding:
        "True: AdamW's averaging time stays fixed in tokens, so weight decay rises with batch over learning rate.",
      source: "arXiv:2505.13738: B / (eta D tau), its constant unverified",
    }),
    tradeoffRow("warmup-steps", {
      ...both((_, plan) => countOfTokens(comparison, plan.learningRate.warmupSteps)),
      finding:
        "Half true: fixed in tokens, the warm-up takes fewer steps at a large batch, but at least 100.",
      source: "arXiv:2406.19146, section 3: a warm-up of N tokens",
    }),
    tradeoffRow("batch-ramp", {
      ...both(rampCell),
      finding:
        "True for a batch that is too large early in training: the critical batch grows with the tokens seen. A cell below " +
        "its batch is where a ramp of doublings would start.",
      source: "arXiv:2505.23971: doublings with sqrt(2) in the learning rate; B_c ~ D^0.462",
    }),
  ];
}

function learningRateRow({ small, large }: Comparison): TradeoffRow {
  const ratio =
    large.learningRate.peakLearningRate.value / small.learningRate.peakLearningRate.value;
  const batches = large.batch.batchTokens.value / small.batch.batchTokens.value;
  return tradeoffRow("peak-learning-rate", {
    small: small.learningRate.peakLearningRate,
    large: large.learningRate.peakLearningRate,
    finding:
      `True up to the optimal batch, and never in proportion: ${Number(ratio.toPrecision(3))} times the learning rate for ` +
      `${Number(batches.toPrecision(3))} times the batch. Above the optimal batch tuned learning rates stay flat.`,
    source:
      "panel of learning-rate laws, moved by the broken power of the own refit of arXiv:2503.04715",
  });
}

/** The interval is that of beta2 at the ends of the optimal batch, from which it is counted. */
function beta2Cell(comparison: Comparison, plan: Recommended): TradeoffCell {
  const { request, settled, weighed, level } = comparison;
  const { kind, adamBeta2 } = plan.optimizer;
  if (adamBeta2 === undefined) return notApplicable(`The optimizer ${kind} has no second moment.`);
  const { bOpt, bCrit, trainingTokens } = weighed.setting;
  const batchTokens = plan.batch.batchTokens.value;
  const half = halfWidthLog(bOpt, level);
  const at = (side: -1 | 1): number => {
    const target = {
      computeParams: settled.model.computeParams,
      trainingTokens,
      batchTokens,
      bOptTokens: Math.exp(bOpt.lnValue + side * half),
      bCritTokens: Math.exp(bCrit.lnValue),
      peakLearningRate: learningRateAt(comparison, batchTokens),
      level,
    };
    return planOptimizer(request, target, []).adamBeta2 ?? adamBeta2;
  };
  return exactWithin(adamBeta2, [at(-1), at(1)], level);
}

function weightDecayCell(_: Comparison, { optimizer }: Recommended): TradeoffCell {
  const { kind, weightDecay } = optimizer;
  if (weightDecay !== undefined) return weightDecay;
  return kind === "adamw" || kind === "muon"
    ? needsMeasurement(
        "The averaging-time law does not cover this run.",
        "weight-decay",
        "Send the weight decay of a run that worked as optimizer.weightDecay.",
      )
    : notApplicable(`The optimizer ${kind} has no decoupled weight decay.`);
}

/** First batch of a ramp that ends at the plan's; its interval is that of the critical batch. */
function rampCell(comparison: Comparison, { batch }: Recommended): TradeoffCell {
  const { request, settled, level } = comparison;
  const batchTokens = batch.batchTokens.value;
  const trainingTokens = settled.tokens.value;
  const limits = batchLimits(
    { ...(request.hardware && { hardware: request.hardware }) },
    { sequenceLengthTokens: settled.sequenceLengthTokens, trainingTokens },
  );
  const startAt = (bCritTokens: number): number => {
    const target = {
      batchTokens,
      trainingTokens,
      bCritTokens,
      bCritExponent: B_CRIT_TOKEN_EXPONENT,
      tokensSeen: request.current?.tokensSeen,
    };
    return rampBatch(target, limits, [])[0]?.batchTokens ?? batchTokens;
  };
  const [value, ...ends] = criticalEnds(comparison).map(startAt) as [number, number, number];
  return exactWithin(value, ends, level);
}

/** A number kept to its last digit, and the ends that uncertain inputs give it. */
function exactWithin(value: number, ends: readonly number[], level: number): Estimate {
  const lower = Math.min(value, ...ends);
  const upper = Math.max(value, ...ends);
  return { value, interval: { lower, upper, level }, basis: "derived" };
}
