import { readFileSync } from "node:fs";
import { fitHyperbola } from "../../api/numerics/fitting/hyperbola.ts";
import { bergsma2025PowerLines } from "../../api/numerics/laws/bergsma2025-power-lines.ts";
import { evaluateQuantity } from "../../api/numerics/laws/evaluate-law.ts";
import { totalFromNonEmbeddingParams } from "../../api/numerics/laws/params-conversion.ts";
import { CRITBATCH_JOINT } from "../../api/numerics/surface/constants.ts";
import { predictSurfaceOptimum } from "../../api/numerics/surface/predict.ts";
import { askPanel } from "../../api/services/evidence/panel.ts";
import { CRITICAL_BATCH_PANEL, type PanelSpec } from "../../api/services/evidence/panel-specs.ts";
import { estimateOf } from "../../api/services/shared/estimates.ts";

const TABLE = new URL("../../tests/vectors/zhang2024-steps-to-target.json", import.meta.url);
const ZHANG_CLUSTER = "zhang2024-cbs";

/** Non-embedding parameters behind the printed sizes. */
const NON_EMBEDDING_PARAMS: { readonly [size: string]: number } = {
  "85M": 85e6,
  "151M": 151e6,
  "302M": 302e6,
  "604M": 604e6,
  "1.2B": 1.2e9,
};

interface StepsRow {
  readonly inputs: {
    readonly size: string;
    readonly targetLossNats: number;
    readonly sequenceLengthTokens: number;
    readonly batches: readonly number[];
    readonly steps: readonly number[];
  };
  readonly expected: { readonly bCritTokens: number; readonly bCritLogSe: number };
}

/** A value with an interval around it. */
export interface Bounded {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** One size of the published table, through the fitter, and what is predicted of it. */
export interface StepsToTarget {
  readonly size: string;
  readonly sequenceLengthTokens: number;
  readonly batches: readonly number[];
  readonly steps: readonly number[];
  readonly minSteps: number;
  readonly minTokens: number;
  /** E_min/S_min by the fitter, with its jackknife error of the logarithm. */
  readonly bCritTokens: number;
  readonly bCritLogSe: number;
  /** The same worked out independently, with its error. */
  readonly printedBCritTokens: number;
  readonly printedLogSe: number;
  readonly powerLinesBCritTokens: number;
  readonly joint: Bounded;
  readonly panel: Bounded;
  /** The panel without the law that the authors of this table fitted to it. */
  readonly panelWithoutZhang: Bounded;
}

function criticalBatch(spec: PanelSpec, nonEmbeddingParams: number, tokens: number): Bounded {
  const computeParams = totalFromNonEmbeddingParams(nonEmbeddingParams);
  const point = { nonEmbeddingParams, computeParams, trainingTokens: tokens };
  const { value, interval } = estimateOf(askPanel(spec, point, 0), 0.8);
  return { value, lower: interval.lower ?? 0, upper: interval.upper ?? Infinity };
}

function judgeRow({ inputs, expected }: StepsRow, withoutZhang: PanelSpec): StepsToTarget {
  const { size, sequenceLengthTokens, batches, steps } = inputs;
  const fit = fitHyperbola(batches, steps);
  const params = NON_EMBEDDING_PARAMS[size];
  if (fit.status !== "ok" || params === undefined) throw new Error(`no fit of ${size}`);
  const minTokens = fit.minExamples * sequenceLengthTokens;
  const powerLines = evaluateQuantity(bergsma2025PowerLines, "bCritTokens", {
    trainingTokens: minTokens,
  });
  if (powerLines?.status !== "ok") throw new Error("no critical batch");
  const joint = predictSurfaceOptimum(CRITBATCH_JOINT, params, minTokens, 0.8).bCritTokens;
  return {
    size,
    sequenceLengthTokens,
    batches,
    steps,
    minSteps: fit.minSteps,
    minTokens,
    bCritTokens: fit.bCrit * sequenceLengthTokens,
    bCritLogSe: fit.bCritLogSe ?? Number.NaN,
    printedBCritTokens: expected.bCritTokens,
    printedLogSe: expected.bCritLogSe,
    powerLinesBCritTokens: powerLines.value,
    joint: { value: joint.value, lower: joint.interval.lower, upper: joint.interval.upper },
    panel: criticalBatch(CRITICAL_BATCH_PANEL, params, minTokens),
    panelWithoutZhang: criticalBatch(withoutZhang, params, minTokens),
  };
}

/**
 * Fits the published steps-to-target table and compares every law of B_c with it at the fewest tokens of each target.
 *
 * @source arXiv:2410.21676, steps to the target loss, from the authors' notebook
 */
export function stepsToTarget(): readonly StepsToTarget[] {
  const { rows } = JSON.parse(readFileSync(TABLE, "utf8")) as { readonly rows: StepsRow[] };
  const withoutZhang: PanelSpec = {
    ...CRITICAL_BATCH_PANEL,
    pooled: CRITICAL_BATCH_PANEL.pooled.filter(({ law }) => law.cluster !== ZHANG_CLUSTER),
  };
  if (withoutZhang.pooled.length === CRITICAL_BATCH_PANEL.pooled.length) {
    throw new Error(`no law of the panel belongs to ${ZHANG_CLUSTER}`);
  }
  return rows.map((row) => judgeRow(row, withoutZhang));
}
