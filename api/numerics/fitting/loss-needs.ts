import type { LossRun } from "./loss-form.ts";

/** Why runs cannot tell the constants apart, in the order in which they are looked for. */
export type LossFitNeed =
  | "more-runs"
  | "more-sizes"
  | "more-token-counts"
  | "sizes-apart-from-tokens"
  | "batches-of-all-runs"
  | "more-batches"
  | "batches-apart-from-tokens"
  | "wider-sizes"
  | "wider-tokens"
  | "lower-losses"
  | "larger-batches";

/** One thing that is missing. */
export interface MissingEvidence {
  readonly code: LossFitNeed;
  readonly detail: string;
}

/** Values closer than this ratio count as one. */
const SAME_RATIO = 1.1;
/** A constant, a coefficient and an exponent take three values of the variable. */
const FEWEST_VALUES = 3;
/** Largest over smallest; below, a power law is a straight line. */
const SMALLEST_SPREAD = 3;
/** Runs beyond the number of constants. */
const SPARE_RUNS = 3;
/** Least sd of ln D about its regression on ln N, and of ln B about that on both. */
const SMALLEST_SD_APART = 0.25;

/** Values that differ by more than a tenth, counted from the smallest. */
function distinctValues(values: readonly number[]): number {
  let count = 0;
  let last = 0;
  for (const value of values.toSorted((a, b) => a - b)) {
    if (value < last * SAME_RATIO) continue;
    count += 1;
    last = value;
  }
  return count;
}

function spreadOf(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b)) / values.reduce((a, b) => Math.min(a, b));
}

/** Root mean square of `y` about its linear regression on the others, all taken about their means. */
function sdApart(y: readonly number[], ...others: readonly (readonly number[])[]): number {
  const centre = (x: readonly number[]) => {
    const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
    return x.map((v) => v - mean);
  };
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  const basis: number[][] = [];
  const remove = (x: readonly number[]) => {
    let rest = [...x];
    for (const b of basis) {
      const slope = dot(rest, b) / dot(b, b);
      rest = rest.map((v, i) => v - slope * b[i]!);
    }
    return rest;
  };
  for (const other of others) {
    const rest = remove(centre(other));
    if (dot(rest, rest) > 1e-12 * rest.length) basis.push(rest);
  }
  const rest = remove(centre(y));
  return Math.sqrt(dot(rest, rest) / rest.length);
}

const logs = (values: readonly number[]) => values.map(Math.log);

/**
 * Returns what a set of runs lacks before the additive law can be fitted at all.
 *
 * @param runs - the runs, all in one count of parameters.
 * @param constants - how many constants the form has.
 * @returns an empty list when the fit may be tried; it can still turn out too loose.
 */
export function missingForSizes(runs: readonly LossRun[], constants: number): MissingEvidence[] {
  const needed: MissingEvidence[] = [];
  const fewest = constants + SPARE_RUNS;
  const params = runs.map((run) => run.params);
  const tokens = runs.map((run) => run.trainingTokens);
  if (runs.length < fewest) {
    needed.push({
      code: "more-runs",
      detail: `At least ${fewest} runs; the request has ${runs.length}.`,
    });
  }
  if (distinctValues(params) < FEWEST_VALUES || spreadOf(params) < SMALLEST_SPREAD) {
    needed.push({ code: "more-sizes", detail: tooAlike("model sizes", params) });
  }
  if (distinctValues(tokens) < FEWEST_VALUES || spreadOf(tokens) < SMALLEST_SPREAD) {
    needed.push({ code: "more-token-counts", detail: tooAlike("token counts", tokens) });
  }
  if (needed.length === 0 && sdApart(logs(tokens), logs(params)) < SMALLEST_SD_APART) {
    needed.push({
      code: "sizes-apart-from-tokens",
      detail:
        "Runs in which tokens vary independently of parameters: train some sizes on several token counts.",
    });
  }
  return needed;
}

/** Returns what the runs lack for a batch term: batches, their spread, and freedom from N and D. */
export function missingForBatches(runs: readonly LossRun[]): MissingEvidence[] {
  const batches: number[] = [];
  for (const run of runs) if (run.batchTokens !== undefined) batches.push(run.batchTokens);
  if (batches.length < runs.length) {
    const detail = `batchTokens of every run; ${runs.length - batches.length} lack it.`;
    return [{ code: "batches-of-all-runs", detail }];
  }
  if (distinctValues(batches) < FEWEST_VALUES || spreadOf(batches) < SMALLEST_SPREAD) {
    return [{ code: "more-batches", detail: tooAlike("batches", batches) }];
  }
  const params = logs(runs.map((run) => run.params));
  const tokens = logs(runs.map((run) => run.trainingTokens));
  if (sdApart(logs(batches), params, tokens) >= SMALLEST_SD_APART) return [];
  return [
    {
      code: "batches-apart-from-tokens",
      detail:
        "Runs in which batches vary independently of tokens: train some token counts at several batches.",
    },
  ];
}

function tooAlike(what: string, values: readonly number[]): string {
  const ratio = Number(spreadOf(values).toPrecision(3));
  return (
    `At least ${FEWEST_VALUES} ${what}, the largest ${SMALLEST_SPREAD} times the smallest or more; ` +
    `${distinctValues(values)} are given, over a ratio of ${ratio}.`
  );
}

/** An 80 % interval of a constant's logarithm, as wide as given. */
export interface ConstantWidths {
  readonly irreducibleLossNats: number;
  readonly paramExponent: number;
  readonly dataExponent: number;
  readonly bCritTokens?: number | undefined;
}

/** Published exponents lie between 0.2 and 0.8: an interval as wide as that says nothing. */
const WIDEST_EXPONENT = Math.log(4);
/** E within a factor of three. */
const WIDEST_IRREDUCIBLE = Math.log(3);
/** Studies of the critical batch differ by a factor of two; four either way is no measurement. */
const WIDEST_BCRIT = Math.log(16);

/**
 * Returns what would narrow the constants that a fit could not tell.
 *
 * @param widths - of the 80 % interval of each constant's logarithm.
 * @returns an empty list when every constant is identified.
 */
export function missingForWidths(widths: ConstantWidths): MissingEvidence[] {
  const needed: MissingEvidence[] = [];
  const factor = (width: number) =>
    width < 7 ? `a factor of ${Number(Math.exp(width).toPrecision(2))}` : "any value";
  const check = (code: LossFitNeed, width: number, widest: number, detail: string) => {
    if (width <= widest) return;
    needed.push({ code, detail: `${detail}; the 80 % interval spans ${factor(width)}.` });
  };
  check(
    "wider-sizes",
    widths.paramExponent,
    WIDEST_EXPONENT,
    "A wider range of model sizes, or more runs, for the exponent of the parameters",
  );
  check(
    "wider-tokens",
    widths.dataExponent,
    WIDEST_EXPONENT,
    "A wider range of token counts, or more runs, for the exponent of the tokens",
  );
  check(
    "lower-losses",
    widths.irreducibleLossNats,
    WIDEST_IRREDUCIBLE,
    "Larger models trained on more tokens, nearer to the irreducible loss",
  );
  if (widths.bCritTokens !== undefined) {
    check(
      "larger-batches",
      widths.bCritTokens,
      WIDEST_BCRIT,
      "Batches that reach further above and below the critical one",
    );
  }
  return needed;
}
