import { B_CRIT_TOKEN_EXPONENT } from "../laws/bergsma2025-power-lines.ts";
import type { Sliced } from "../slices.ts";
import { choleskyInPlace, solveCholesky } from "./least-squares.ts";
import { AT, type BatchTerm, type LogRuns, parameterCountOf } from "./loss-form.ts";

/** Exponents tried: published ones of N and D lie between 0.08 and 0.76. */
const EXPONENTS = [0.1, 0.2, 0.32, 0.5, 0.8] as const;
/** Critical batches tried, over the smallest batch; doubled until beyond the largest. */
const BATCH_STEP = 4;

interface Candidate {
  readonly parameters: Float64Array;
  readonly cost: number;
}

/**
 * Returns starts for the fit of a loss law, best first: for each exponent of N and of D, and each critical batch of
 * a grid, the other constants follow from a linear least squares in L.
 *
 * @param count - how many of the grid are returned.
 * @returns internal parameters as `AT` places them.
 * @complexity 25 linear fits for every critical batch tried.
 */
export function* lossStarts(runs: LogRuns, term: BatchTerm, count: number): Sliced<Float64Array[]> {
  const loss = runs.lnLoss.map(Math.exp);
  const candidates: Candidate[] = [];
  for (const lnBCrit of criticalBatches(runs, term)) {
    const tokens = effectiveLnTokens(runs, term, lnBCrit);
    const powers = EXPONENTS.map((exponent) => tokens.map((t) => Math.exp(-exponent * t)));
    for (const alpha of EXPONENTS) {
      const paramPower = runs.lnParams.map((n) => Math.exp(-alpha * n));
      for (let j = 0; j < EXPONENTS.length; j++) {
        const [parameters, cost] = linearFit(loss, paramPower, powers[j]!, parameterCountOf(term));
        parameters[AT.lnParamExponent] = Math.log(alpha);
        parameters[AT.lnDataExponent] = Math.log(EXPONENTS[j]!);
        if (term.kind !== "none") parameters[AT.lnBCrit] = lnBCrit;
        if (term.kind === "free-exponent") parameters[AT.bCritExponent] = B_CRIT_TOKEN_EXPONENT;
        candidates.push({ parameters, cost });
      }
      yield;
    }
  }
  return candidates
    .sort((a, b) => a.cost - b.cost)
    .slice(0, count)
    .map(({ parameters }) => parameters);
}

function criticalBatches(runs: LogRuns, term: BatchTerm): number[] {
  if (term.kind === "none") return [0];
  const smallest = runs.lnBatch.reduce((a, b) => Math.min(a, b));
  const largest = runs.lnBatch.reduce((a, b) => Math.max(a, b));
  const step = Math.max(Math.log(BATCH_STEP), (largest - smallest) / 8);
  const tried: number[] = [];
  for (let x = smallest; x < largest + 2 * step; x += step) tried.push(x);
  return tried;
}

function effectiveLnTokens(runs: LogRuns, term: BatchTerm, lnBCrit: number): Float64Array {
  if (term.kind === "none") return runs.lnTokens;
  const m = term.kind === "fixed-exponent" ? term.bCritExponent : B_CRIT_TOKEN_EXPONENT;
  return runs.lnTokens.map(
    (d, row) => d - Math.log1p(Math.exp(runs.lnBatch[row]! - lnBCrit - m * d)),
  );
}

/** E, a and d of L = E + a p + d q, with whatever comes out negative put back to a small share of the loss. */
function linearFit(
  loss: Float64Array,
  p: Float64Array,
  q: Float64Array,
  width: number,
): [Float64Array, number] {
  const normal = new Float64Array(9);
  const right = new Float64Array(3);
  let lowest = Number.POSITIVE_INFINITY;
  for (let row = 0; row < loss.length; row++) {
    const y = loss[row]!;
    const x = [1 / y, p[row]! / y, q[row]! / y] as const;
    lowest = Math.min(lowest, y);
    for (let i = 0; i < 3; i++) {
      right[i]! += x[i]!;
      for (let j = 0; j < 3; j++) normal[3 * i + j]! += x[i]! * x[j]!;
    }
  }
  for (let i = 0; i < 3; i++) normal[4 * i]! *= 1 + 1e-9;
  if (choleskyInPlace(normal, 3)) solveCholesky(normal, right);
  const share = 0.02 * lowest;
  const [E, a, d] = [right[0]!, right[1]!, right[2]!].map((x) => (x > share ? x : share)) as [
    number,
    number,
    number,
  ];
  const parameters = new Float64Array(width);
  parameters[AT.lnIrreducible] = Math.log(E);
  parameters[AT.lnParamTerm] = Math.log(a);
  parameters[AT.lnDataTerm] = Math.log(d);
  let cost = 0;
  for (let row = 0; row < loss.length; row++) {
    cost += Math.abs(Math.log((E + a * p[row]! + d * q[row]!) / loss[row]!));
  }
  return [parameters, cost];
}
