import { requirePositive } from "../guards.ts";

/** The steps/examples hyperbola of one target: S = S_min + E_min/B. Batches in any one unit, which E_min and B_c share. */
export type HyperbolaFit =
  | {
      readonly status: "ok";
      readonly minSteps: number;
      readonly minExamples: number;
      /** E_min/S_min. */
      readonly bCrit: number;
      /** Jackknife standard error of ln B_c; null below 4 points or when leaving one out resolves nothing. */
      readonly bCritLogSe: number | null;
      readonly rmsLogResidual: number;
    }
  | { readonly status: "insufficient-measurements"; readonly neededPoints: number }
  | { readonly status: "unresolved"; readonly reason: string };

interface Parameters {
  readonly logMinSteps: number;
  readonly logMinExamples: number;
}

const minimumPoints = 3;
const iterationLimit = 200;
/** A parameter this far (ln units) below what the data show is no longer seen by them. */
const unseenLog = 12;

/**
 * Returns the least-squares fit of the steps/examples hyperbola in ln steps, with B_c = E_min/S_min.
 *
 *   ln S = ln(S_min + E_min/B),   B_c = E_min/S_min
 *
 * Gauss-Newton with step halving in (ln S_min, ln E_min); equal weights in ln S. The jackknife leaves out one batch
 * at a time, so it also sees errors of the learning-rate grid that a seed spread does not.
 *
 * @param batches - B; above 0; at least 3, two of them different.
 * @param steps - S to the target at each batch; same length, above 0.
 * @returns `ok`; `insufficient-measurements` with the number of points needed; `unresolved` when the data show only
 *   one side of the knee, so that S_min or E_min is not determined.
 * @throws {RangeError} when the lengths differ or a number is not finite and above 0.
 * @source arXiv:1812.06162, eq. (2.11); arXiv:2410.21676, fit of steps = a + b/B in ln steps
 * @example fitHyperbola([250, 1000, 4000], [5000, 2000, 1250]) has bCrit 1000
 */
export function fitHyperbola(batches: readonly number[], steps: readonly number[]): HyperbolaFit {
  if (batches.length !== steps.length) {
    throw new RangeError(
      `"steps" must have ${batches.length} entries, as "batches" has, received ${steps.length}`,
    );
  }
  for (let j = 0; j < batches.length; j++) {
    requirePositive(`batches[${j}]`, batches[j]!);
    requirePositive(`steps[${j}]`, steps[j]!);
  }
  if (batches.length < minimumPoints || new Set(batches).size < 2) {
    return { status: "insufficient-measurements", neededPoints: minimumPoints };
  }
  const start = startingPoint(batches, steps);
  const fit = solve(batches, steps, start, -1);
  if (!isSeen(fit, batches)) {
    return {
      status: "unresolved",
      reason: "the batches show only one side of the knee: S_min or E_min is not determined",
    };
  }
  return {
    status: "ok",
    minSteps: Math.exp(fit.logMinSteps),
    minExamples: Math.exp(fit.logMinExamples),
    bCrit: Math.exp(fit.logMinExamples - fit.logMinSteps),
    bCritLogSe: batches.length > minimumPoints ? jackknifeSe(batches, steps, fit) : null,
    rmsLogResidual: Math.sqrt(sumOfSquares(batches, steps, fit, -1) / batches.length),
  };
}

function startingPoint(batches: readonly number[], steps: readonly number[]): Parameters {
  let minSteps = Number.POSITIVE_INFINITY;
  let minExamples = Number.POSITIVE_INFINITY;
  for (let j = 0; j < batches.length; j++) {
    minSteps = Math.min(minSteps, steps[j]!);
    minExamples = Math.min(minExamples, steps[j]! * batches[j]!);
  }
  return { logMinSteps: Math.log(minSteps), logMinExamples: Math.log(minExamples) };
}

/** Residual sum of squares of ln S, leaving out the point with this index (-1 keeps all). */
function sumOfSquares(
  batches: readonly number[],
  steps: readonly number[],
  at: Parameters,
  leftOut: number,
): number {
  const minSteps = Math.exp(at.logMinSteps);
  const minExamples = Math.exp(at.logMinExamples);
  let sum = 0;
  for (let j = 0; j < batches.length; j++) {
    if (j === leftOut) continue;
    const residual = Math.log(steps[j]! / (minSteps + minExamples / batches[j]!));
    sum += residual * residual;
  }
  return sum;
}

/** The Gauss-Newton step of both parameters; null where the normal equations are singular. */
function gaussNewtonStep(
  batches: readonly number[],
  steps: readonly number[],
  at: Parameters,
  leftOut: number,
): readonly [number, number] | null {
  const minSteps = Math.exp(at.logMinSteps);
  const minExamples = Math.exp(at.logMinExamples);
  let pp = 0;
  let pq = 0;
  let qq = 0;
  let pr = 0;
  let qr = 0;
  for (let j = 0; j < batches.length; j++) {
    if (j === leftOut) continue;
    const predicted = minSteps + minExamples / batches[j]!;
    const residual = Math.log(steps[j]! / predicted);
    const p = minSteps / predicted;
    const q = 1 - p;
    pp += p * p;
    pq += p * q;
    qq += q * q;
    pr += p * residual;
    qr += q * residual;
  }
  const determinant = pp * qq - pq * pq;
  if (!(determinant > 1e-14 * pp * qq)) return null;
  return [(qq * pr - pq * qr) / determinant, (pp * qr - pq * pr) / determinant];
}

function solve(
  batches: readonly number[],
  steps: readonly number[],
  start: Parameters,
  leftOut: number,
): Parameters {
  let at = start;
  let sum = sumOfSquares(batches, steps, at, leftOut);
  for (let iteration = 0; iteration < iterationLimit; iteration++) {
    const step = gaussNewtonStep(batches, steps, at, leftOut);
    if (step === null) return at;
    let scale = Math.min(1, 2 / Math.max(Math.abs(step[0]), Math.abs(step[1])));
    let next = moved(at, step, scale);
    let nextSum = sumOfSquares(batches, steps, next, leftOut);
    while (nextSum > sum && scale > 1e-9) {
      scale /= 2;
      next = moved(at, step, scale);
      nextSum = sumOfSquares(batches, steps, next, leftOut);
    }
    if (nextSum > sum) return at;
    at = next;
    sum = nextSum;
    if (scale * Math.max(Math.abs(step[0]), Math.abs(step[1])) < 1e-13) return at;
  }
  return at;
}

function moved(at: Parameters, step: readonly [number, number], scale: number): Parameters {
  return {
    logMinSteps: at.logMinSteps + scale * step[0],
    logMinExamples: at.logMinExamples + scale * step[1],
  };
}

/** Whether both terms of the hyperbola still matter somewhere in the measured range of batches. */
function isSeen(fit: Parameters, batches: readonly number[]): boolean {
  const logBCrit = fit.logMinExamples - fit.logMinSteps;
  const logLargest = Math.log(Math.max(...batches));
  const logSmallest = Math.log(Math.min(...batches));
  return logBCrit < logLargest + unseenLog && logBCrit > logSmallest - unseenLog;
}

function jackknifeSe(
  batches: readonly number[],
  steps: readonly number[],
  fit: Parameters,
): number | null {
  const n = batches.length;
  const logs = new Float64Array(n);
  let mean = 0;
  for (let j = 0; j < n; j++) {
    const without = solve(batches, steps, fit, j);
    const others = batches.filter((_batch, index) => index !== j);
    if (!isSeen(without, others)) return null;
    logs[j] = without.logMinExamples - without.logMinSteps;
    mean += logs[j]! / n;
  }
  let sum = 0;
  for (let j = 0; j < n; j++) sum += (logs[j]! - mean) ** 2;
  return Math.sqrt(((n - 1) / n) * sum);
}
