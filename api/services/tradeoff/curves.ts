import type { Estimate } from "../../../schemas/common.ts";
import type {
  TradeoffCurve,
  TradeoffCurves,
  TradeoffMark,
} from "../../../schemas/tradeoff-reports/parts.ts";
import { timeOptimalBatchTokens } from "../../numerics/hardware/step-time.ts";
import { priceOfBatch } from "../compensation/setting.ts";
import { predictLoss } from "../recommend/predict-loss.ts";
import { givenNumber, roundForWire } from "../shared/estimates.ts";
import {
  type Comparison,
  criticalEnds,
  learningRateAt,
  overCritical,
  tokensToEqualLoss,
} from "./comparison.ts";
import { batchPair } from "./rows.ts";
import { hoursToEqualLoss } from "./speed.ts";

const POINTS = 41;
const BELOW_OPTIMAL = 16;
const OVER_CRITICAL = 8;

/** A batch that the curves name. */
type NamedBatch = Omit<TradeoffMark, "x"> & { readonly batchTokens: number };

/**
 * Plot-ready curves of a run over 41 batches, evenly spaced in ln from B_opt/16 to 8 B_c and on to both batches.
 *
 * No batch is larger than the run, nor smaller than a token, unless it is one of the two.
 */
export function tradeoffCurves(comparison: Comparison): TradeoffCurves {
  const batches = batchGrid(comparison);
  const named = namedBatches(comparison, batches);
  return {
    lossVsBatch: lossVsBatch(comparison, batches, named),
    learningRateVsBatch: learningRateVsBatch(comparison, batches, named),
    stepsVsTokens: stepsVsTokens(comparison, batches, named),
    ...(comparison.speed && { timeVsBatch: timeVsBatch(comparison, batches, named) }),
  };
}

function batchGrid(comparison: Comparison): readonly number[] {
  const { small, large } = batchPair(comparison);
  const { bOpt, bCrit, trainingTokens } = comparison.weighed.setting;
  const first = Math.min(Math.max(Math.exp(bOpt.lnValue) / BELOW_OPTIMAL, 1), small);
  const last = Math.max(Math.min(OVER_CRITICAL * Math.exp(bCrit.lnValue), trainingTokens), large);
  const step = Math.log(last / first) / (POINTS - 1);
  const between = Array.from({ length: POINTS - 2 }, (_, i) => first * Math.exp((i + 1) * step));
  return [exactly(first), ...between.map(roundForWire), exactly(last)];
}

/** A batch of the request keeps its last digit. */
function exactly(batchTokens: number): number {
  return Number.isInteger(batchTokens) ? batchTokens : roundForWire(batchTokens);
}

function namedBatches(comparison: Comparison, batches: readonly number[]): readonly NamedBatch[] {
  const { weighed, large: plan, speed } = comparison;
  const { small, large } = batchPair(comparison);
  const { bOpt, bCrit } = weighed.setting;
  const bCritTokens = Math.exp(bCrit.lnValue);
  const named: NamedBatch[] = [
    { id: "small", label: "small batch", batchTokens: small },
    { id: "large", label: "large batch", batchTokens: large },
    { id: "optimal", label: "optimal batch", batchTokens: Math.exp(bOpt.lnValue) },
    { id: "critical", label: "critical batch", batchTokens: bCritTokens },
    {
      id: "wall",
      label: "wall: beyond it no number of parameters compensates",
      batchTokens: plan.compensation.wallBatchTokens.value,
    },
  ];
  if (speed !== undefined) {
    const batchTokens = timeOptimalBatchTokens(bCritTokens, speed.bKneeTokens);
    named.push({ id: "fastest", label: "fastest to the loss of the small batch", batchTokens });
  }
  const first = batches[0] ?? 0;
  const last = batches.at(-1) ?? 0;
  return named
    .filter(
      ({ id, batchTokens }) =>
        id === "small" || id === "large" || (batchTokens >= first && batchTokens <= last),
    )
    .toSorted((a, b) => a.batchTokens - b.batchTokens);
}

type Words = Pick<TradeoffCurve, "xUnit" | "yUnit" | "source" | "band">;

function curveOf(
  words: Words,
  x: readonly number[],
  points: readonly Estimate[],
  marks: readonly TradeoffMark[],
): TradeoffCurve {
  const { xUnit, yUnit, source, band } = words;
  return {
    xUnit,
    yUnit,
    x: [...x],
    y: points.map(({ value }) => value),
    lower: points.map(({ interval }) => interval.lower),
    upper: points.map(({ interval }) => interval.upper),
    marks: [...marks],
    source,
    band,
  };
}

function marksAt(
  named: readonly NamedBatch[],
  place: (batchTokens: number) => number = (batchTokens) => batchTokens,
): TradeoffMark[] {
  return named
    .filter(({ id }) => id !== "fastest")
    .map(({ id, label, batchTokens }) => ({ id, x: exactly(place(batchTokens)), label }));
}

/** The band is of the shape alone: the level, common to all batches, would hide it. */
function lossVsBatch(
  { weighed, level }: Comparison,
  batches: readonly number[],
  named: readonly NamedBatch[],
): TradeoffCurve {
  const best = predictLoss(weighed.setting, givenNumber(0, level), level).lossNats.value;
  const points = batches.map((batchTokens): Estimate => {
    const { value, interval, basis } = priceOfBatch(weighed.setting, batchTokens);
    const lossAt = (penalty: number | null) =>
      penalty === null ? null : roundForWire(best + penalty);
    return {
      value: roundForWire(best + value),
      interval: { lower: lossAt(interval.lower), upper: lossAt(interval.upper), level },
      basis,
    };
  });
  const words = {
    xUnit: "tokens per step",
    yUnit: "nats per token",
    source:
      "critbatch-joint with its minimum moved to the pooled optimal and critical batch, learning rate tuned at each batch",
    band: "Where the optimal and the critical batch may lie. The level of the loss is common to all batches: row final-loss.",
  };
  return curveOf(words, batches, points, marksAt(named));
}

function learningRateVsBatch(
  comparison: Comparison,
  batches: readonly number[],
  named: readonly NamedBatch[],
): TradeoffCurve {
  const points = batches.map((batchTokens) =>
    comparison.weighed.describeLearningRate(learningRateAt(comparison, batchTokens)),
  );
  const words = {
    xUnit: "tokens per step",
    yUnit: "peak learning rate, 1/step",
    source:
      "panel of learning-rate laws, moved by the broken power of the own refit of arXiv:2503.04715",
    band: "Predictive interval of the best learning rate at each batch.",
  };
  return curveOf(words, batches, points, marksAt(named));
}

/**
 * The steps-tokens hyperbola through the small batch's run.
 *
 *   S = D/(B_c + B_small) E/(E - E_min),  E_min = D/(1 + B_small/B_c),  E from E_min (1 + B/B_c)
 */
function stepsVsTokens(
  comparison: Comparison,
  batches: readonly number[],
  named: readonly NamedBatch[],
): TradeoffCurve {
  const { small } = batchPair(comparison);
  const { trainingTokens } = comparison.weighed.setting;
  const ends = criticalEnds(comparison);
  const stepsAt = (tokens: number, bCritTokens: number): number => {
    const fewestTokens = trainingTokens / (1 + small / bCritTokens);
    const left = tokens - fewestTokens;
    return left <= 0 ? Infinity : (trainingTokens / (bCritTokens + small)) * (tokens / left);
  };
  const tokensAt = (batchTokens: number) => tokensToEqualLoss(comparison, batchTokens, ends[0]);
  const points = batches.map((batchTokens): Estimate => {
    const tokens = tokensAt(batchTokens);
    const value = roundForWire(tokens / batchTokens);
    const others = ends.slice(1).map((bCritTokens) => stepsAt(tokens, bCritTokens));
    const upper = Math.max(value, ...others);
    const lower = roundForWire(Math.min(value, ...others));
    const shown = Number.isFinite(upper) ? roundForWire(upper) : null;
    return { value, interval: { lower, upper: shown, level: comparison.level }, basis: "derived" };
  });
  const words = {
    xUnit: "tokens to the loss of the small batch",
    yUnit: "optimizer steps",
    source:
      "arXiv:1812.06162, eq. (2.11), through the run of the small batch, pooled critical batch",
    band: "Interval of the critical batch at fixed tokens; null where so few tokens may reach the loss at no batch.",
  };
  return curveOf(
    words,
    batches.map((batch) => roundForWire(tokensAt(batch))),
    points,
    marksAt(named, tokensAt),
  );
}

function timeVsBatch(
  comparison: Comparison,
  batches: readonly number[],
  named: readonly NamedBatch[],
): TradeoffCurve {
  const { speed } = comparison;
  if (speed === undefined) throw new RangeError("speed: expected the machines of the run");
  const points = batches.map((batchTokens) =>
    overCritical(comparison, (bCrit) => hoursToEqualLoss(comparison, speed, batchTokens, bCrit)),
  );
  const words = {
    xUnit: "tokens per step",
    yUnit: "hours to the loss of the small batch",
    source: "arXiv:1812.06162, eq. (2.11), with t(B) = step overhead + B / throughput",
    band: "Interval of the critical batch.",
  };
  const fastest = named
    .filter(({ id }) => id === "fastest")
    .map(({ id, label, batchTokens }) => ({ id, x: roundForWire(batchTokens), label }));
  const marks = [...marksAt(named), ...fastest].toSorted((a, b) => a.x - b.x);
  return curveOf(words, batches, points, marks);
}
