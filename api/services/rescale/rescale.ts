import type {
  BatchRescaleAnswer,
  RescaleAlternative,
  RescaleRule,
} from "../../../schemas/batch-rescales/answer.ts";
import type { BatchRescaleRequest } from "../../../schemas/batch-rescales/request.ts";
import { givenNumber } from "../shared/estimates.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";
import type { Notice } from "../shared/notices.ts";
import { splitNotices } from "../shared/notices.ts";
import { unusedOptimizerFields } from "../shared/unused-optimizer-fields.ts";
import { knownOfRun, type Rescale } from "./known.ts";
import { pickRule, reasonOf } from "./reasons.ts";
import { RULES, type TriedRule, triedOf, tryRule } from "./rules.ts";
import { adamSettingsOf, keptOptimizer, movedOptimizer, movedWarmup } from "./settings.ts";
import { rescaledEstimate } from "./spread.ts";
import { rescaleWarnings } from "./warnings.ts";

/**
 * Moves a working setting to another batch.
 *
 * The asked rule, or the one that fits optimizer and knowledge, moves the learning rate; beta2, epsilon, weight decay
 * and warm-up follow by their own rules. Equal batches change nothing, whatever the rule.
 *
 * @returns `ok`; `precondition-unknown` when a precondition could not be checked, the number still shown; `refused`
 * when one fails, with the reason and the rules that are not refused.
 * @throws {InvalidRequest} when a noise scale cannot be brought to the unit of the batches.
 * @source docs/method.md, rescaling a batch
 */
export function rescaleBatch(request: BatchRescaleRequest): BatchRescaleAnswer {
  const notices: Notice[] = unusedOptimizerFields(request.optimizer);
  const rescale = readRescale(request, notices);
  const tried = RULES.map((rule) => tryRule(rule, rescale));
  const picked = pickRule(request.rule, rescale, tried);
  const chosen = triedOf(tried, picked.rule);
  if (rescale.batchRatio === 1) return unchanged(request, rescale, chosen.rule.id, notices);
  const closing = {
    preconditions: [...chosen.preconditions],
    alternatives: alternativesTo(chosen, tried, rescale),
    modelVersion: MODEL_VERSION,
  };
  const head = { rule: chosen.rule.id, reason: reasonOf(chosen, picked.why) };
  if (chosen.status === "refused" || chosen.rate === undefined) {
    return { status: "refused", ...head, ...closing, ...splitNotices(notices) };
  }
  const moved = {
    id: chosen.rule.id,
    lnRate: chosen.rate.lnRate,
    sdeHolds: triedOf(tried, "sde").status !== "refused",
  };
  notices.push(...rescaleWarnings(rescale, chosen));
  const settings = {
    peakLearningRate: rescaledEstimate(chosen, tried, rescale),
    ...movedOptimizer(request, rescale, moved, notices),
    ...movedWarmup(request, rescale, notices),
  };
  return { status: chosen.status, ...head, ...settings, ...closing, ...splitNotices(notices) };
}

function readRescale(request: BatchRescaleRequest, notices: Notice[]): Rescale {
  const { from, to, optimizer } = request;
  const unit = "batchTokens" in from ? "tokens" : "examples";
  const fromBatch = "batchTokens" in from ? from.batchTokens : from.batchExamples;
  const toBatch = "batchTokens" in to ? to.batchTokens : to.batchExamples;
  return {
    kind: optimizer.kind,
    unit,
    move: { fromBatch, toBatch, peakLearningRate: from.peakLearningRate },
    batchRatio: toBatch / fromBatch,
    adam: adamSettingsOf(request, notices),
    known: knownOfRun(request, unit, notices),
    level: request.intervalLevel,
  };
}

function alternativesTo(
  chosen: TriedRule,
  tried: readonly TriedRule[],
  rescale: Rescale,
): RescaleAlternative[] {
  return tried.flatMap((one) =>
    one === chosen || one.status === "refused"
      ? []
      : [
          {
            rule: one.rule.id,
            status: one.status,
            peakLearningRate: rescaledEstimate(one, tried, rescale),
          },
        ],
  );
}

function unchanged(
  request: BatchRescaleRequest,
  rescale: Rescale,
  rule: RescaleRule,
  notices: Notice[],
): BatchRescaleAnswer {
  const settings = {
    peakLearningRate: givenNumber(rescale.move.peakLearningRate, rescale.level),
    ...keptOptimizer(request, rescale),
    ...movedWarmup(request, rescale, notices),
  };
  return {
    status: "ok",
    rule,
    reason: "Both batches are equal, so nothing changes under any rule.",
    ...settings,
    preconditions: [],
    alternatives: [],
    ...splitNotices(notices),
    modelVersion: MODEL_VERSION,
  };
}
