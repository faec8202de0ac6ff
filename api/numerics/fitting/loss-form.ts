import type { LeastSquaresProblem } from "./least-squares.ts";

/** One finished run. */
export interface LossRun {
  /** N, in one count for all runs. */
  readonly params: number;
  readonly trainingTokens: number;
  /** Absent in a fit without a batch term. */
  readonly batchTokens?: number | undefined;
  readonly lossNats: number;
}

/**
 * Places of the internal parameters: ln E, ln of both terms at the pivot, ln of both exponents, and with a batch
 * term ln B_c at the pivot and m. Logarithms keep every constant positive; the pivot keeps them nearly uncorrelated.
 */
export const AT = {
  lnIrreducible: 0,
  lnParamTerm: 1,
  lnParamExponent: 2,
  lnDataTerm: 3,
  lnDataExponent: 4,
  lnBCrit: 5,
  bCritExponent: 6,
} as const;

/** What a fit has beside the additive law. */
export type BatchTerm =
  | { readonly kind: "none" }
  | { readonly kind: "fixed-exponent"; readonly bCritExponent: number }
  | { readonly kind: "free-exponent" };

/** How many parameters a form has. */
export function parameterCountOf(term: BatchTerm): number {
  if (term.kind === "none") return 5;
  return term.kind === "fixed-exponent" ? 6 : 7;
}

/** Runs in logarithms relative to their pivot: what every evaluation needs. */
export interface LogRuns {
  readonly count: number;
  /** Geometric means of N and D over the runs. */
  readonly pivot: { readonly params: number; readonly trainingTokens: number };
  readonly lnParams: Float64Array;
  readonly lnTokens: Float64Array;
  /** ln B, not relative to anything; empty without batches. */
  readonly lnBatch: Float64Array;
  readonly lnLoss: Float64Array;
}

function centred(logs: Float64Array): { readonly mean: number; readonly centred: Float64Array } {
  const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length;
  return { mean, centred: logs.map((x) => x - mean) };
}

/** Takes the logarithms of runs. */
export function logRuns(runs: readonly LossRun[], withBatch: boolean): LogRuns {
  const params = centred(Float64Array.from(runs, (run) => Math.log(run.params)));
  const tokens = centred(Float64Array.from(runs, (run) => Math.log(run.trainingTokens)));
  return {
    count: runs.length,
    pivot: { params: Math.exp(params.mean), trainingTokens: Math.exp(tokens.mean) },
    lnParams: params.centred,
    lnTokens: tokens.centred,
    lnBatch: withBatch
      ? Float64Array.from(runs, (run) => Math.log(run.batchTokens ?? Number.NaN))
      : new Float64Array(0),
    lnLoss: Float64Array.from(runs, (run) => Math.log(run.lossNats)),
  };
}

/** The m in use. */
export function bCritExponentOf(term: BatchTerm, parameters: Float64Array): number {
  if (term.kind === "fixed-exponent") return term.bCritExponent;
  return parameters[AT.bCritExponent] ?? 0;
}

/**
 * Writes ln L of every run, and on request its derivatives by the internal parameters.
 *
 *   L = E + a e^(-alpha n) + d e^(-beta t),  t = ln(D/D0) - ln(1 + B/B_c),  B_c = b e^(m ln(D/D0))
 *
 * @param jacobian - row-major `[runs, parameters]`; left alone when absent.
 */
export function evaluateLnLoss(
  runs: LogRuns,
  term: BatchTerm,
  parameters: Float64Array,
  lnLoss: Float64Array,
  jacobian?: Float64Array,
): void {
  const width = parameters.length;
  const irreducible = Math.exp(parameters[AT.lnIrreducible]!);
  const alpha = Math.exp(parameters[AT.lnParamExponent]!);
  const beta = Math.exp(parameters[AT.lnDataExponent]!);
  const lnBCrit = parameters[AT.lnBCrit] ?? 0;
  const m = bCritExponentOf(term, parameters);
  for (let row = 0; row < runs.count; row++) {
    const n = runs.lnParams[row]!;
    const d = runs.lnTokens[row]!;
    const overCritical = term.kind === "none" ? 0 : Math.exp(runs.lnBatch[row]! - lnBCrit - m * d);
    const t = d - Math.log1p(overCritical);
    const paramTerm = Math.exp(parameters[AT.lnParamTerm]! - alpha * n);
    const dataTerm = Math.exp(parameters[AT.lnDataTerm]! - beta * t);
    const loss = irreducible + paramTerm + dataTerm;
    lnLoss[row] = Math.log(loss);
    if (jacobian === undefined) continue;
    const at = row * width;
    jacobian[at + AT.lnIrreducible] = irreducible / loss;
    jacobian[at + AT.lnParamTerm] = paramTerm / loss;
    jacobian[at + AT.lnParamExponent] = (-alpha * n * paramTerm) / loss;
    jacobian[at + AT.lnDataTerm] = dataTerm / loss;
    jacobian[at + AT.lnDataExponent] = (-beta * t * dataTerm) / loss;
    if (term.kind === "none") continue;
    const byLnBCrit = (-beta * dataTerm * overCritical) / (1 + overCritical) / loss;
    jacobian[at + AT.lnBCrit] = byLnBCrit;
    if (term.kind === "free-exponent") jacobian[at + AT.bCritExponent] = byLnBCrit * d;
  }
}

/** The robust sum of squares of ln L in units of the Huber threshold; `target` is what ln L is compared with. */
export function lossProblem(
  runs: LogRuns,
  term: BatchTerm,
  target: Float64Array,
  huberDelta: number,
): LeastSquaresProblem {
  return {
    parameterCount: parameterCountOf(term),
    rowCount: runs.count,
    huberThresholds: new Float64Array(runs.count).fill(1),
    evaluate: (parameters, residuals, jacobian) => {
      evaluateLnLoss(runs, term, parameters, residuals, jacobian);
      for (let row = 0; row < runs.count; row++) {
        residuals[row] = (residuals[row]! - target[row]!) / huberDelta;
      }
      for (let i = 0; i < jacobian.length; i++) jacobian[i]! /= huberDelta;
    },
  };
}
