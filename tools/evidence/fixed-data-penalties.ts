import { readFileSync } from "node:fs";
import { batchPenaltyNats } from "../../api/numerics/compensation/batch-price.ts";
import {
  type CriticalBatchForm,
  criticalBatchLawThrough,
} from "../../api/numerics/compensation/effective-tokens.ts";
import { bergsma2025PowerLines } from "../../api/numerics/laws/bergsma2025-power-lines.ts";
import { besiroglu2024Constants } from "../../api/numerics/laws/besiroglu2024.ts";
import { critbatchRefit } from "../../api/numerics/laws/critbatch-refit.ts";
import { evaluateQuantity } from "../../api/numerics/laws/evaluate-law.ts";
import type { Law, LawQuantity } from "../../api/numerics/laws/law.ts";
import { nonEmbeddingFromTotalParams } from "../../api/numerics/laws/params-conversion.ts";
import { CRITBATCH_JOINT } from "../../api/numerics/surface/constants.ts";
import { surfacePenalties } from "../../api/numerics/surface/surface.ts";
import { priceOfBatch } from "../../api/services/compensation/setting.ts";
import { askPanel } from "../../api/services/evidence/panel.ts";
import { BATCH_PANEL, CRITICAL_BATCH_PANEL } from "../../api/services/evidence/panel-specs.ts";

const TABLE = new URL("../../tests/vectors/bergsma2025-fixed-data.json", import.meta.url);
const POWER_LINES_EXPONENT = 0.462;
const SEQUENCE_LENGTH_TOKENS = 2048;
/** Data term of the older two-sided refit, fitted together with its B_c and B_s: nats at 1e10 tokens, and exponent. */
const REFIT_DATA_TERM = { natsAtPivot: 0.36781, pivotTokens: 1e10, exponent: 0.2889 } as const;

interface PenaltyRow {
  readonly inputs: {
    readonly totalParams: number;
    readonly trainingTokens: number;
    readonly batchTokens: number;
    readonly referenceBatchTokens: number;
    readonly observedPenaltyNats: number;
  };
}

/** Ways to predict the penalty of a batch at fixed tokens. */
export const PENALTY_FORMS = ["explicit", "implicit", "two-sided", "joint", "shipped"] as const;
/** One of them. */
export type PenaltyForm = (typeof PENALTY_FORMS)[number];

/** One batch of the published table; penalties against the reference batch, nats per token. */
export interface FixedDataPenalty {
  readonly batchSequences: number;
  readonly batchTokens: number;
  readonly observedNats: number;
  readonly predictedNats: { readonly [form in PenaltyForm]: number };
}

function predict(law: Law, quantity: LawQuantity, trainingTokens: number): number {
  const evaluation = evaluateQuantity(law, quantity, { trainingTokens });
  if (evaluation?.status !== "ok") throw new Error(`${law.id} gives no ${quantity}`);
  return evaluation.value;
}

/** The closed form: besiroglu2024 with the critical batch of the table's own paper. */
function closedForm(totalParams: number, tokens: number, form: CriticalBatchForm) {
  const bCritTokens = predict(bergsma2025PowerLines, "bCritTokens", tokens);
  const bCrit = criticalBatchLawThrough(bCritTokens, tokens, POWER_LINES_EXPONENT);
  const law = besiroglu2024Constants;
  const run = { law, form, params: totalParams, tokens, bCrit, baselineBatchTokens: 0 };
  return (batchTokens: number) => batchPenaltyNats(run, batchTokens);
}

/** The older two-sided refit: G D_eff^-beta, D_eff = D / ((1 + B/B_c)(1 + B_s/B)). */
function twoSided(tokens: number) {
  const bOpt = predict(critbatchRefit, "bOptTokens", tokens);
  const bCrit = predict(critbatchRefit, "bCritTokens", tokens);
  const bSmall = bOpt ** 2 / bCrit;
  return (batchTokens: number) => {
    const effective = tokens / ((1 + batchTokens / bCrit) * (1 + bSmall / batchTokens));
    const { natsAtPivot, pivotTokens, exponent } = REFIT_DATA_TERM;
    return natsAtPivot * (effective / pivotTokens) ** -exponent;
  };
}

function jointSurface(nonEmbeddingParams: number, trainingTokens: number) {
  return (batchTokens: number) =>
    surfacePenalties(CRITBATCH_JOINT.constants, {
      nonEmbeddingParams,
      trainingTokens,
      batchTokens,
      peakLearningRate: 1e-3,
    }).batchPenaltyNats;
}

/** What an answer says: the surface with its valley moved to the pooled optimum and critical batch. */
function shipped(nonEmbeddingParams: number, totalParams: number, trainingTokens: number) {
  const point = { nonEmbeddingParams, computeParams: totalParams, trainingTokens };
  const bOpt = askPanel(BATCH_PANEL, point, 0);
  const bCrit = askPanel(CRITICAL_BATCH_PANEL, point, 0);
  const setting = { nonEmbeddingParams, trainingTokens, bOpt, bCrit, level: 0.8 };
  return (batchTokens: number) => priceOfBatch(setting, batchTokens).value;
}

/**
 * Returns the published losses over batch at fixed tokens beside what each form predicts, both against the same batch.
 *
 * @source arXiv:2505.13738, losses of 610M parameters at 12.2e9 tokens, tuned at each batch
 */
export function fixedDataPenalties(): readonly FixedDataPenalty[] {
  const { rows } = JSON.parse(readFileSync(TABLE, "utf8")) as { readonly rows: PenaltyRow[] };
  return rows.map(({ inputs }) => {
    const { totalParams, trainingTokens, batchTokens, referenceBatchTokens } = inputs;
    const params = nonEmbeddingFromTotalParams(totalParams);
    const against = (loss: (batchTokens: number) => number) =>
      loss(batchTokens) - loss(referenceBatchTokens);
    return {
      batchSequences: batchTokens / SEQUENCE_LENGTH_TOKENS,
      batchTokens,
      observedNats: inputs.observedPenaltyNats,
      predictedNats: {
        explicit: against(closedForm(totalParams, trainingTokens, "explicit")),
        implicit: against(closedForm(totalParams, trainingTokens, "implicit")),
        "two-sided": against(twoSided(trainingTokens)),
        joint: against(jointSurface(params, trainingTokens)),
        shipped: against(shipped(params, totalParams, trainingTokens)),
      },
    };
  });
}
