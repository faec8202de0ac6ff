import type { BatchRescaled, RescaleRule } from "../../../schemas/batch-rescales/answer.ts";
import type { BatchRescaleRequest } from "../../../schemas/batch-rescales/request.ts";
import {
  type AdamSettings,
  adamSdeSettings,
  beta2AtBatch,
} from "../../numerics/rules/adam-rescaling.ts";
import { weightDecayAtBatch } from "../../numerics/rules/weight-decay.ts";
import { roundForWire } from "../shared/estimates.ts";
import type { Notice } from "../shared/notices.ts";
import { SDE_FORM_UNVERIFIED } from "../shared/unverified-constants.ts";
import type { OptimizerKind, Rescale } from "./known.ts";

type MovedOptimizer = Pick<
  BatchRescaled,
  "adamBeta1" | "adamBeta2" | "adamEpsilon" | "weightDecay" | "momentum"
>;
type MovedWarmup = Pick<BatchRescaled, "warmupTokens" | "warmupExamples" | "warmupSteps">;

// The defaults of PyTorch and Optax: what a run uses that does not set them.
const FRAMEWORK_ADAM = { adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8 } as const;
const BETA2_FLOOR = 0.9;
/** Above it a decay is 1 in single precision. */
const LARGEST_DECAY = 0.9999999;
const FEWEST_WARMUP_STEPS = 100;
const LARGEST_WARMUP_SHARE = 0.5;

/** Adam's numbers at the old batch; those that are absent are the frameworks'. */
export function adamSettingsOf(
  { optimizer, from }: BatchRescaleRequest,
  notices: Notice[],
): AdamSettings {
  const fields = ["adamBeta1", "adamBeta2", "adamEpsilon"] as const;
  const absent = fields.filter((field) => optimizer[field] === undefined);
  if (isAdam(optimizer.kind)) {
    for (const field of absent) {
      notices.push({
        field: `optimizer.${field}`,
        value: FRAMEWORK_ADAM[field],
        detail: "The default of PyTorch and Optax.",
      });
    }
  }
  return {
    peakLearningRate: from.peakLearningRate,
    adamBeta1: optimizer.adamBeta1 ?? FRAMEWORK_ADAM.adamBeta1,
    adamBeta2: optimizer.adamBeta2 ?? FRAMEWORK_ADAM.adamBeta2,
    adamEpsilon: optimizer.adamEpsilon ?? FRAMEWORK_ADAM.adamEpsilon,
  };
}

/**
 * Returns the optimizer's numbers at the new batch.
 *
 *   beta2' = max(0.9, beta2^k);  epsilon' = epsilon / sqrt(k) where the SDE rule holds;  lambda' = lambda k eta/eta'
 *
 * Under the rule sde the decays are that rule's, 1 - beta' = k (1 - beta). A beta2 given below 0.9 is its own floor.
 *
 * @param lnRate - ln of the learning rate at the new batch.
 * @param sdeHolds - that no precondition of the SDE rule fails.
 * @param notices - receives what is kept or floored.
 * @source arXiv:2507.07101 (half-life in tokens); arXiv:2205.10287 (SDE rule); arXiv:2405.13698 (timescale)
 */
export function movedOptimizer(
  request: BatchRescaleRequest,
  rescale: Rescale,
  rule: { readonly id: RescaleRule; readonly lnRate: number; readonly sdeHolds: boolean },
  notices: Notice[],
): MovedOptimizer {
  const momentum = isAdam(rescale.kind) ? undefined : request.optimizer.momentum;
  const weightDecay = movedWeightDecay(request, rescale, rule.lnRate, notices);
  return {
    ...(isAdam(rescale.kind) && movedAdam(rescale, rule, notices)),
    ...(weightDecay !== undefined && { weightDecay }),
    ...(momentum !== undefined && { momentum }),
  };
}

/** The optimizer's numbers as they were, for a batch that does not change. */
export function keptOptimizer(
  { optimizer }: BatchRescaleRequest,
  { kind, adam }: Rescale,
): MovedOptimizer {
  const { weightDecay } = optimizer;
  const { adamBeta1, adamBeta2, adamEpsilon } = adam;
  const momentum = isAdam(kind) ? undefined : optimizer.momentum;
  return {
    ...(isAdam(kind) && { adamBeta1, adamBeta2, adamEpsilon }),
    ...(weightDecay !== undefined && { weightDecay }),
    ...(momentum !== undefined && { momentum }),
  };
}

function isAdam(kind: OptimizerKind): boolean {
  return kind === "adam" || kind === "adamw";
}

function movedAdam(
  { adam, batchRatio, move }: Rescale,
  rule: { readonly id: RescaleRule; readonly sdeHolds: boolean },
  notices: Notice[],
): MovedOptimizer {
  const sde = adamSdeSettings(adam, batchRatio);
  if (rule.id === "sde" || rule.sdeHolds) notices.push(SDE_FORM_UNVERIFIED);
  if (rule.id === "sde") {
    return {
      adamBeta1: decayForWire(sde.adamBeta1),
      adamBeta2: decayForWire(sde.adamBeta2),
      adamEpsilon: roundForWire(sde.adamEpsilon),
    };
  }
  if (!rule.sdeHolds) {
    notices.push({
      code: "epsilon-kept",
      detail:
        "epsilon / sqrt(k) needs k (1 - beta) < 1 and both batches below the noise scale: adamEpsilon stays as it is.",
    });
  }
  const { adamBeta2 } = adam;
  const halved = adamBeta2 === 0 ? 0 : beta2AtBatch(adamBeta2, move.fromBatch, move.toBatch);
  const floor = Math.min(BETA2_FLOOR, adamBeta2);
  if (halved < floor) {
    notices.push({
      code: "beta2-floored",
      detail:
        `Keeping the half-life in tokens would need a beta2 of ${halved.toPrecision(3)}; ` +
        `${floor} is the lowest value used.`,
    });
  }
  return {
    adamBeta1: adam.adamBeta1,
    adamBeta2: decayForWire(Math.max(halved, floor)),
    adamEpsilon: rule.sdeHolds ? roundForWire(sde.adamEpsilon) : adam.adamEpsilon,
  };
}

/** Digits enough for what is left of 1, and no more than single precision can tell from 1. */
function decayForWire(decay: number): number {
  return Math.min(Number(decay.toPrecision(9)), LARGEST_DECAY);
}

function movedWeightDecay(
  { optimizer }: BatchRescaleRequest,
  { kind, batchRatio, move, known }: Rescale,
  lnRate: number,
  notices: Notice[],
): number | undefined {
  const given = optimizer.weightDecay;
  if (given === undefined || given === 0) return given;
  if (kind !== "adamw" && kind !== "muon") {
    notices.push({
      code: "weight-decay-kept",
      detail: `The timescale rule applies to decoupled decay only, so the weight decay of ${kind} stays.`,
    });
    return given;
  }
  if (known.bOpt && known.noise && move.toBatch > Math.exp(known.noise.scale.lnValue)) {
    notices.push({
      code: "weight-decay-past-critical-batch",
      detail:
        "Weight decay proportional to the batch was measured up to the critical batch; the new batch is larger.",
    });
  }
  const rateRatio = Math.exp(lnRate - Math.log(move.peakLearningRate));
  return roundForWire(weightDecayAtBatch(given, batchRatio, rateRatio));
}

/**
 * Returns the warm-up at the new batch: kept in tokens or examples, at least 100 steps but not more than half the
 * run for their sake. A warm-up of 0 stays 0, and one at an unchanged batch stays as it is.
 *
 * @param notices - receives a lengthened warm-up.
 * @source arXiv:2406.19146 and OLMo-core (a warm-up is a number of tokens); at least 100 steps is ours
 */
export function movedWarmup(
  request: BatchRescaleRequest,
  { move, unit, batchRatio }: Rescale,
  notices: Notice[],
): MovedWarmup {
  const { from, data } = request;
  const inExamples = "warmupExamples" in from ? from.warmupExamples : undefined;
  const amount = inExamples ?? from.warmupTokens;
  if (amount === undefined) return {};
  const field = inExamples === undefined ? "warmupTokens" : "warmupExamples";
  const perBatchUnit =
    field === "warmupExamples" || unit === "tokens" ? 1 : data?.sequenceLengthTokens;
  if (perBatchUnit === undefined) {
    notices.push({
      code: "warmup-steps-unknown",
      detail:
        "from.warmupTokens is kept. Send data.sequenceLengthTokens to get its steps for a batch in examples.",
    });
    return { [field]: amount };
  }
  const perStep = move.toBatch * perBatchUnit;
  const floor = amount === 0 || batchRatio === 1 ? 0 : leastWarmup(data, field, perStep);
  const lengthened = amount < floor;
  if (lengthened) {
    notices.push({
      code: "warmup-lengthened",
      detail: `The warm-up would last ${(amount / perStep).toPrecision(3)} steps at the new batch, so it is lengthened.`,
    });
  }
  const kept = lengthened ? roundForWire(floor) : amount;
  const fewest = amount === 0 ? 0 : 1;
  return { [field]: kept, warmupSteps: Math.max(fewest, Math.round(kept / perStep)) };
}

/** 100 steps, but not more than half the run where its length is known. */
function leastWarmup(
  data: BatchRescaleRequest["data"],
  field: "warmupTokens" | "warmupExamples",
  perStep: number,
): number {
  const perWarmupUnit = field === "warmupTokens" ? 1 : data?.sequenceLengthTokens;
  const run = (data?.trainingTokens ?? Number.NaN) / (perWarmupUnit ?? Number.NaN);
  const hundredSteps = FEWEST_WARMUP_STEPS * perStep;
  return run > 0 ? Math.min(hundredSteps, LARGEST_WARMUP_SHARE * run) : hundredSteps;
}
