import type { Estimate } from "../../../schemas/common.ts";
import type { TradeoffRow } from "../../../schemas/tradeoff-reports/parts.ts";
import {
  stepSeconds,
  stepsOverMinimum,
  tokensOverMinimum,
} from "../../numerics/hardware/step-time.ts";
import type { MachineSpeed } from "../recommend/choose-batch.ts";
import { roundForWire } from "../shared/estimates.ts";
import { shortNumber } from "../shared/number-text.ts";
import { needsMeasurement, openRow, tradeoffRow } from "./aspects.ts";
import {
  type Comparison,
  countOfTokens,
  lossGapNats,
  NEGLIGIBLE_NATS,
  overCritical,
  tokensToEqualLoss,
} from "./comparison.ts";
import type { BatchPair } from "./noise.ts";

const SECONDS_PER_HOUR = 3600;
const HYPERBOLA = "arXiv:1812.06162, eq. (2.11)";

/** Share of the fewest tokens and of the fewest steps that each batch makes use of. */
export function efficiencyRows(
  batches: BatchPair,
  over: (evaluate: (bCritTokens: number) => number) => Estimate,
  source: string,
): TradeoffRow[] {
  const steps = (batch: number) => over((bCrit) => 1 / stepsOverMinimum(batch, bCrit));
  const tokens = (batch: number) => over((bCrit) => 1 / tokensOverMinimum(batch, bCrit));
  return [
    tradeoffRow("step-efficiency", {
      small: steps(batches.small),
      large: steps(batches.large),
      finding:
        "True in steps: below the critical batch they fall in proportion to the batch, above it hardly at all. Fewer steps " +
        "save time only where a step takes equally long at both batches.",
      source: `${HYPERBOLA}: 1 / (1 + B_c/B), ${source}`,
    }),
    tradeoffRow("token-efficiency", {
      small: tokens(batches.small),
      large: tokens(batches.large),
      finding:
        "True above the critical batch, where each extra token gains little; far below it, both batches use nearly every " +
        "token.",
      source: `${HYPERBOLA}: 1 / (1 + B/B_c), ${source}`,
    }),
  ];
}

/** Steps of the run, and what part of the fewest steps and tokens each batch makes use of. */
export function stepRows(comparison: Comparison, batches: BatchPair): TradeoffRow[] {
  const { small, large } = comparison;
  const fewer = Number((small.batch.steps / large.batch.steps).toPrecision(3));
  return [
    tradeoffRow("serial-steps", {
      small: countOfTokens(comparison, small.batch.steps),
      large: countOfTokens(comparison, large.batch.steps),
      finding: `True: ${fewer} times fewer steps for the same tokens, though not for the same loss.`,
      source: "tokens of the run over the batch",
    }),
    ...efficiencyRows(
      batches,
      (evaluate) => overCritical(comparison, evaluate),
      "pooled critical batch",
    ),
  ];
}

/** Hours with which a batch reaches the loss of the small one, at a critical batch. */
export function hoursToEqualLoss(
  comparison: Comparison,
  speed: MachineSpeed,
  batchTokens: number,
  bCritTokens: number,
): number {
  const steps = tokensToEqualLoss(comparison, batchTokens, bCritTokens) / batchTokens;
  return (steps * secondsOfStep(batchTokens, speed)) / SECONDS_PER_HOUR;
}

function secondsOfStep(batchTokens: number, speed: MachineSpeed): number {
  return stepSeconds(batchTokens, speed.stepOverheadSeconds, speed.tokensPerSecond);
}

const NO_HARDWARE = needsMeasurement(
  "Predicting time needs a full description of the machines.",
  "hardware",
  "Send hardware.devices, hardware.flopPerSecondPerDevice and hardware.stepOverheadMs.",
);

/**
 * Time and device hours of both batches on the given machines.
 *
 * @source t(B) = t0 + B/thr; steps of arXiv:1812.06162, eq. (2.11); fastest batch sqrt(B_c B_knee): docs/method.md, Policy
 */
export function timeRows(comparison: Comparison, batches: BatchPair): TradeoffRow[] {
  const { request, speed, small, large } = comparison;
  const source = "t(B) = step overhead + B / throughput, throughput = devices x FLOP/s / (6 N)";
  if (speed === undefined) return openTimeRows(source);
  const run = (plan: Comparison["small"]) =>
    countOfTokens(
      comparison,
      roundForWire(
        (plan.batch.steps * secondsOfStep(plan.batch.batchTokens.value, speed)) / SECONDS_PER_HOUR,
      ),
    );
  const equal = (batch: number, devices = 1) =>
    overCritical(
      comparison,
      (bCrit) => devices * hoursToEqualLoss(comparison, speed, batch, bCrit),
    );
  const devices = request.hardware?.devices;
  const knee = `A step's fixed overhead equals its compute time at ${shortNumber(speed.bKneeTokens)} tokens.`;
  return [
    tradeoffRow("run-time", {
      small: run(small),
      large: run(large),
      finding: `True to the extent that more tokens share a step's fixed overhead. ${knee}`,
      source,
    }),
    tradeoffRow("time-to-equal-loss", {
      small: equal(batches.small),
      large: equal(batches.large),
      finding:
        "Half true: it depends on the machines. For a fixed loss the fastest batch is the square root of critical batch times " +
        `that knee; larger ones are slower.${ofTooSmall(comparison)}`,
      source: `${HYPERBOLA}; ${source}`,
    }),
    tradeoffRow("device-hours-to-equal-loss", {
      small: equal(batches.small, devices),
      large: equal(batches.large, devices),
      finding:
        "On the same machines, cost is time times devices. More devices move the knee: request another report." +
        ofTooSmall(comparison),
      source: `${HYPERBOLA}; ${source}`,
    }),
  ];
}

/** What the hyperbola leaves out where the small batch lies below the best one. */
function ofTooSmall(comparison: Comparison): string {
  return lossGapNats(comparison) < -NEGLIGIBLE_NATS
    ? " The small batch is below the best one and ends at a higher loss for the same tokens, which the hyperbola does not include."
    : "";
}

/** The rows that need machines, without them. */
export function openTimeRows(source: string, cell = NO_HARDWARE): TradeoffRow[] {
  return (["run-time", "time-to-equal-loss", "device-hours-to-equal-loss"] as const).map((aspect) =>
    openRow(aspect, cell, source),
  );
}
