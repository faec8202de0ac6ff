import { B_CRIT_TOKEN_EXPONENT } from "../laws/bergsma2025-power-lines.ts";
import { atOnce, type Sliced } from "../slices.ts";
import { choleskyInPlace, robustLeastSquares, solveCholesky } from "./least-squares.ts";
import {
  covarianceOf,
  lnDataCoefficient,
  lnParamCoefficient,
  type Replicates,
  residualBootstrap,
  type SpreadValue,
  spreadOf,
} from "./loss-bootstrap.ts";
import {
  AT,
  type BatchTerm,
  bCritExponentOf,
  evaluateLnLoss,
  type LogRuns,
  type LossRun,
  logRuns,
  lossProblem,
  parameterCountOf,
} from "./loss-form.ts";
import {
  type MissingEvidence,
  missingForBatches,
  missingForSizes,
  missingForWidths,
} from "./loss-needs.ts";
import { lossStarts } from "./loss-starts.ts";

/** Huber threshold on ln L of arXiv:2203.15556; here the smallest one. */
const SMALLEST_HUBER_DELTA = 1e-3;
/** 95 % efficiency for normal errors. */
const HUBER_TUNING = 1.345;
/** Sd of a normal over its median absolute deviation. */
const MAD_TO_SD = 1.4826;
const STARTS = 6;
const SEED = 20_240_404;
/** Rows refitted over all replicates: what bounds the time of a call. */
const REPLICATE_ROWS = 200_000;
const [FEWEST_REPLICATES, MOST_REPLICATES] = [60, 400];
const STOP = { maxIterations: 200, costTolerance: 1e-8 } as const;
/** Scatter of m over four studies: 0.47, 0.462, 0.45, 0.38. */
const PUBLISHED_BCRIT_EXPONENT_SD = 0.05;
const LARGEST_BCRIT_EXPONENT = 0.9;
/** As wide as the published exponents of B_c in D, 0.26 to 0.83: no measurement. */
const WIDEST_BCRIT_EXPONENT = 0.57;
/** Beyond, a term is a step or a constant over the runs. */
const [SMALLEST_EXPONENT, LARGEST_EXPONENT] = [0.05, 3];
const NORMAL_90 = 1.2815515655446004;

/** Which law is fitted. */
export type LossForm = "n-d" | "n-d-b";

/** Names of the constants whose covariance is given, in its order. */
export const COVARIANCE_NAMES = [
  "ln irreducibleLossNats",
  "ln paramCoefficient",
  "ln dataCoefficient",
  "paramExponent",
  "dataExponent",
  "ln bCritTokens",
  "bCritExponent",
] as const;

/** Constants of an identified fit. Of each positive constant the logarithm and its spread. */
export interface FittedLoss {
  readonly status: "identified";
  readonly form: LossForm;
  readonly lnIrreducibleLossNats: SpreadValue;
  readonly lnParamCoefficient: SpreadValue;
  readonly lnDataCoefficient: SpreadValue;
  readonly lnParamExponent: SpreadValue;
  readonly lnDataExponent: SpreadValue;
  /** The critical batch at `trainingTokens`, tokens, and its exponent in the tokens. */
  readonly criticalBatch?: {
    readonly trainingTokens: number;
    readonly lnBCritTokens: SpreadValue;
    readonly bCritExponent: SpreadValue;
    readonly exponentFrom: "runs" | "law";
  };
  /** In the order of {@link COVARIANCE_NAMES}; without a batch term, or a fitted exponent, shorter. */
  readonly covariance: readonly (readonly number[])[];
  /** ln of observed over fitted loss, in the order of the runs. */
  readonly residualsLog: Float64Array;
  /** Robust sd of ln L about the fit. */
  readonly sdLog: number;
  readonly degreesOfFreedom: number;
  readonly huberDelta: number;
  readonly replicates: number;
}

/** Runs that cannot tell the constants. */
export interface UnidentifiedLoss {
  readonly status: "not-identified";
  readonly form: LossForm;
  readonly needed: readonly MissingEvidence[];
}

interface Solution {
  readonly runs: LogRuns;
  readonly term: BatchTerm;
  readonly parameters: Float64Array;
  readonly residualsLog: Float64Array;
  readonly sdLog: number;
  readonly huberDelta: number;
}

/**
 * Fits a loss law to finished runs.
 *
 *   n-d:    L = E + A N^-alpha + G D^-beta
 *   n-d-b:  L = E + A N^-alpha + G (D / (1 + B/B_c(D)))^-beta,  B_c(D) = b (D/D0)^m
 *
 * Huber loss on ln L with threshold max(1e-3, 1.345 sd), sd from a first fit at 1e-3; the best of six searches out of
 * a grid of starts; spread from a residual bootstrap with fixed seed. m is fitted where the runs tell it within the range
 * of published exponents, else it is the 0.462 of arXiv:2505.13738. The losses are taken as those of tuned learning rates.
 *
 * @param given - runs in one count of parameters; every number finite and above 0.
 * @param form - see above.
 * @returns "identified" with constants and spread; "not-identified" with what is missing: runs, values or spread of N, D
 *   or B, or a constant whose 80 % interval is as wide as the range of published values.
 * @source arXiv:2203.15556, section 3.3 and appendix D.2 (form, Huber on log loss, grid of starts); arXiv:2404.10102
 *   (bootstrap); arXiv:1812.06162, eq. (2.11) (batch term).
 * @complexity at most 200,000 rows refitted, some 20 iterations each: 0.3 s for 2,000 runs.
 */
export function fitLoss(given: readonly LossRun[], form: LossForm): FittedLoss | UnidentifiedLoss {
  return atOnce(fitLossInSlices(given, form));
}

/** The same, interruptible between searches and replicates: a second of work for the largest request. */
export function* fitLossInSlices(
  given: readonly LossRun[],
  form: LossForm,
): Sliced<FittedLoss | UnidentifiedLoss> {
  const withBatch = form === "n-d-b";
  const missing = missingForSizes(given, withBatch ? 6 : 5);
  if (withBatch) missing.push(...missingForBatches(given));
  if (missing.length > 0) return { status: "not-identified", form, needed: missing };
  const runs = logRuns(given, withBatch);
  if (!withBatch) return yield* judge(yield* solve(runs, { kind: "none" }), form);
  if (given.length >= parameterCountOf({ kind: "free-exponent" }) + 5) {
    const free = yield* judge(yield* solve(runs, { kind: "free-exponent" }), form);
    if (free.status === "identified" && tellsExponent(free)) return free;
  }
  const fixed = { kind: "fixed-exponent", bCritExponent: B_CRIT_TOKEN_EXPONENT } as const;
  return yield* judge(yield* solve(runs, fixed), form);
}

function tellsExponent({ criticalBatch }: FittedLoss): boolean {
  if (criticalBatch === undefined) return false;
  const { value, sdBelow, sdAbove } = criticalBatch.bCritExponent;
  const inRange = value >= 0 && value <= LARGEST_BCRIT_EXPONENT;
  return inRange && NORMAL_90 * (sdBelow + sdAbove) < WIDEST_BCRIT_EXPONENT;
}

function* solve(runs: LogRuns, term: BatchTerm): Sliced<Solution> {
  const starts = yield* lossStarts(runs, term, STARTS);
  const first = yield* bestOf(runs, term, starts, SMALLEST_HUBER_DELTA);
  const sdLog = robustSd(runs, term, first);
  const huberDelta = Math.max(SMALLEST_HUBER_DELTA, HUBER_TUNING * sdLog);
  const parameters = yield* bestOf(runs, term, [first], huberDelta);
  return {
    runs,
    term,
    parameters,
    residualsLog: residualsOf(runs, term, parameters),
    sdLog: robustSd(runs, term, parameters),
    huberDelta,
  };
}

function* bestOf(
  runs: LogRuns,
  term: BatchTerm,
  starts: readonly Float64Array[],
  huberDelta: number,
): Sliced<Float64Array> {
  const problem = lossProblem(runs, term, runs.lnLoss, huberDelta);
  let best = starts[0]!;
  let lowest = Number.POSITIVE_INFINITY;
  for (const start of starts) {
    const fit = robustLeastSquares(problem, start, STOP);
    if (fit.cost < lowest) [best, lowest] = [fit.parameters, fit.cost];
    yield;
  }
  return best;
}

function residualsOf(runs: LogRuns, term: BatchTerm, parameters: Float64Array): Float64Array {
  const fitted = new Float64Array(runs.count);
  evaluateLnLoss(runs, term, parameters, fitted);
  return runs.lnLoss.map((observed, row) => observed - fitted[row]!);
}

/** Sd from the median absolute residual, without the as many smallest ones as there are constants. */
function robustSd(runs: LogRuns, term: BatchTerm, parameters: Float64Array): number {
  const sizes = residualsOf(runs, term, parameters).map(Math.abs).sort();
  const free = sizes.subarray(Math.min(parameters.length, sizes.length - 1));
  const middle = Math.floor((free.length - 1) / 2);
  return (MAD_TO_SD * (free[middle]! + free[free.length - 1 - middle]!)) / 2;
}

function* judge(solution: Solution, form: LossForm): Sliced<FittedLoss | UnidentifiedLoss> {
  const { runs, term, parameters, huberDelta } = solution;
  const beyond = exponentsBeyond(parameters);
  if (beyond.length > 0) return { status: "not-identified", form, needed: beyond };
  const replicates = yield* residualBootstrap(runs, term, parameters, {
    replicates: replicatesFor(runs.count),
    seed: SEED,
    huberDelta,
  });
  const spread = (place: number) => spreadOf(parameters, replicates, (x) => x[place]!);
  const lnIrreducibleLossNats = spread(AT.lnIrreducible);
  const lnParamExponent = spread(AT.lnParamExponent);
  const lnDataExponent = spread(AT.lnDataExponent);
  const criticalBatch = criticalBatchOf(solution, replicates);
  const linear = linearSds(solution);
  const width = (spread: SpreadValue, place: number) =>
    Math.max(widthOf(spread), 2 * NORMAL_90 * linear[place]!);
  const needed = missingForWidths({
    irreducibleLossNats: width(lnIrreducibleLossNats, AT.lnIrreducible),
    paramExponent: width(lnParamExponent, AT.lnParamExponent),
    dataExponent: width(lnDataExponent, AT.lnDataExponent),
    bCritTokens: criticalBatch && width(criticalBatch.lnBCritTokens, AT.lnBCrit),
  });
  if (needed.length > 0) return { status: "not-identified", form, needed };
  return {
    status: "identified",
    form,
    lnIrreducibleLossNats,
    lnParamCoefficient: spreadOf(parameters, replicates, lnParamCoefficient(runs)),
    lnDataCoefficient: spreadOf(parameters, replicates, lnDataCoefficient(runs)),
    lnParamExponent,
    lnDataExponent,
    ...(criticalBatch === undefined ? {} : { criticalBatch }),
    covariance: covarianceOf(replicates, covariantsOf(runs, term)),
    residualsLog: solution.residualsLog,
    sdLog: solution.sdLog,
    degreesOfFreedom: runs.count - parameters.length,
    huberDelta,
    replicates: replicates.length,
  };
}

/** Width of the 80 % interval. */
function widthOf({ sdBelow, sdAbove }: SpreadValue): number {
  return NORMAL_90 * (sdBelow + sdAbove);
}

/**
 * Sd of every internal parameter from the curvature at the solution; infinite where the losses do not depend on it. There
 * no replicate leaves the solution, and its spread would look like none.
 */
function linearSds({ runs, term, parameters, sdLog }: Solution): readonly number[] {
  const width = parameters.length;
  const fitted = new Float64Array(runs.count);
  const jacobian = new Float64Array(runs.count * width);
  evaluateLnLoss(runs, term, parameters, fitted, jacobian);
  const normal = new Float64Array(width * width);
  for (let row = 0; row < runs.count; row++) {
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        normal[i * width + j]! += jacobian[row * width + i]! * jacobian[row * width + j]!;
      }
    }
  }
  if (!choleskyInPlace(normal, width)) return new Array(width).fill(Number.POSITIVE_INFINITY);
  return Array.from(parameters, (_, i) => {
    const unit = new Float64Array(width);
    unit[i] = 1;
    solveCholesky(normal, unit);
    return sdLog * Math.sqrt(unit[i]!);
  });
}

function replicatesFor(rows: number): number {
  return Math.min(MOST_REPLICATES, Math.max(FEWEST_REPLICATES, Math.floor(REPLICATE_ROWS / rows)));
}

function exponentsBeyond(parameters: Float64Array): MissingEvidence[] {
  const isBeyond = (place: number) => {
    const exponent = Math.exp(parameters[place]!);
    return !(exponent >= SMALLEST_EXPONENT && exponent <= LARGEST_EXPONENT);
  };
  const needed: MissingEvidence[] = [];
  const detail = (what: string) =>
    `Losses that fall with ${what} as a power law; over these runs they do not.`;
  if (isBeyond(AT.lnParamExponent)) {
    needed.push({ code: "wider-sizes", detail: detail("the parameters") });
  }
  if (isBeyond(AT.lnDataExponent)) {
    needed.push({ code: "wider-tokens", detail: detail("the tokens") });
  }
  return needed;
}

function criticalBatchOf(
  { runs, term, parameters }: Solution,
  replicates: Replicates,
): FittedLoss["criticalBatch"] {
  if (term.kind === "none") return undefined;
  const lnBCritTokens = spreadOf(parameters, replicates, (x) => x[AT.lnBCrit]!);
  const { trainingTokens } = runs.pivot;
  if (term.kind === "free-exponent") {
    const bCritExponent = spreadOf(parameters, replicates, (x) => bCritExponentOf(term, x));
    return { trainingTokens, lnBCritTokens, bCritExponent, exponentFrom: "runs" };
  }
  const bCritExponent = {
    value: term.bCritExponent,
    sdBelow: PUBLISHED_BCRIT_EXPONENT_SD,
    sdAbove: PUBLISHED_BCRIT_EXPONENT_SD,
  };
  return { trainingTokens, lnBCritTokens, bCritExponent, exponentFrom: "law" };
}

function covariantsOf(runs: LogRuns, term: BatchTerm): ((parameters: Float64Array) => number)[] {
  const additive = [
    (x: Float64Array) => x[AT.lnIrreducible]!,
    lnParamCoefficient(runs),
    lnDataCoefficient(runs),
    (x: Float64Array) => Math.exp(x[AT.lnParamExponent]!),
    (x: Float64Array) => Math.exp(x[AT.lnDataExponent]!),
  ];
  if (term.kind === "none") return additive;
  const withBatch = [...additive, (x: Float64Array) => x[AT.lnBCrit]!];
  if (term.kind === "fixed-exponent") return withBatch;
  return [...withBatch, (x: Float64Array) => x[AT.bCritExponent]!];
}
