import { requirePositive } from "../guards.ts";
import type {
  ConstantStatus,
  ExponentUncertainty,
  Law,
  LawInputs,
  LawOutput,
  LawQuantity,
  LawVariable,
  Range,
} from "./law.ts";

/** What one formula of a law says at one point. */
export interface LawPrediction {
  readonly status: "ok";
  readonly quantity: LawQuantity;
  readonly value: number;
  /** Sd of ln(value): the fit's own, widened by the distance outside the fitted box. */
  readonly sdLog: number;
  readonly insideFit: boolean;
  /** Euclidean distance outside the fitted box, in ln units of the variables the formula uses. */
  readonly extrapolationLog: number;
  /** Least ln distance to a refusal bound of the formula's variables; Infinity without one. */
  readonly refusalMarginLog: number;
  readonly constantStatus: ConstantStatus;
  readonly formula: string;
  readonly exponents: readonly ExponentUncertainty[];
}

/** A formula asked outside the range in which it may be used, or where it has no positive value. */
export interface OutsideLaw {
  readonly status: "outside-law";
  readonly quantity: LawQuantity;
  /** The variable that is out of range; absent when the formula itself has no positive value there. */
  readonly variable?: LawVariable;
  readonly reason: string;
}

/** A law asked without what it needs. */
interface MissingInputs {
  readonly status: "missing-inputs";
  readonly missing: readonly LawVariable[];
}

export type OutputEvaluation = LawPrediction | OutsideLaw | MissingInputs;

/** What a whole law says: every quantity its inputs allow, and the quantities it refuses here. */
export type LawEvaluation =
  | {
      readonly status: "ok";
      readonly predictions: readonly LawPrediction[];
      readonly refused: readonly OutsideLaw[];
    }
  | {
      readonly status: "outside-law";
      readonly reason: string;
      readonly refused: readonly OutsideLaw[];
    }
  | MissingInputs;

/**
 * Returns what is missing of training tokens, training FLOPs and parameters, where two give the third.
 *
 *   C = 6 N D
 *
 * N is the count the law's own C multiplies: total parameters unless the law says non-embedding, and the other
 * count where only that is known. A parameter count is never converted into the other one here.
 *
 * @param inputs - what is known; parameters, tokens, FLOPs.
 * @param law - whose convention of C is meant; without it, total parameters.
 * @returns the inputs with at most one more quantity.
 * @source arXiv:2001.08361, section 2.1, eq. (2.2) without its context-dependent term
 * @example completeInputs({ totalParams: 1e9, trainingTokens: 2e10 }).trainingFlops === 1.2e20
 */
export function completeInputs(inputs: LawInputs, law?: Law): LawInputs {
  const nonEmbeddingFirst = law?.setting.flopsCounted === "non-embedding";
  const params = nonEmbeddingFirst
    ? (inputs.nonEmbeddingParams ?? inputs.totalParams)
    : (inputs.totalParams ?? inputs.nonEmbeddingParams);
  const { trainingTokens, trainingFlops } = inputs;
  if (trainingFlops === undefined) {
    if (params === undefined || trainingTokens === undefined) return inputs;
    return { ...inputs, trainingFlops: 6 * params * trainingTokens };
  }
  if (trainingTokens === undefined) {
    if (params === undefined) return inputs;
    return { ...inputs, trainingTokens: trainingFlops / (6 * params) };
  }
  if (params !== undefined) return inputs;
  const derivedParams = trainingFlops / (6 * trainingTokens);
  return nonEmbeddingFirst
    ? { ...inputs, nonEmbeddingParams: derivedParams }
    : { ...inputs, totalParams: derivedParams };
}

/**
 * Returns the inputs a law still needs before any of its formulas can answer: those of the formula that lacks least.
 *
 * @param law - the law.
 * @param inputs - what is known.
 * @returns an empty list when at least one formula can answer.
 */
export function missingInputs(law: Law, inputs: LawInputs): readonly LawVariable[] {
  let fewest: readonly LawVariable[] | undefined;
  for (const output of law.outputs) {
    const missing = missingForOutput(output, inputs);
    if (missing.length === 0) return missing;
    if (fewest === undefined || missing.length < fewest.length) fewest = missing;
  }
  return fewest ?? [];
}

/**
 * Returns what one formula of a law predicts, with the sd of its logarithm.
 *
 *   sdLog^2 = sdLog_fit^2 + sum over exponents (sd_e * ln distance of its variable outside the fitted box)^2
 *
 * @param law - the law the formula belongs to; its boxes apply.
 * @param output - the formula.
 * @param inputs - at least `output.requires`; each a finite number above 0.
 * @returns the prediction; `outside-law` in the refusal range or where the formula has no positive value;
 *   `missing-inputs` when a required variable is absent.
 * @throws {RangeError} when a required input is not a finite number above 0.
 */
export function evaluateOutput(law: Law, output: LawOutput, inputs: LawInputs): OutputEvaluation {
  let extrapolationSq = 0;
  let refusalMarginRatio = Number.POSITIVE_INFINITY;
  for (const gate of gatesOf(law, output)) {
    const x = inputs[gate.variable];
    if (x === undefined) {
      return { status: "missing-inputs", missing: missingForOutput(output, inputs) };
    }
    requirePositive(gate.variable, x);
    const ratio = Math.min(x / gate.refusedBelow, gate.refusedAbove / x);
    if (ratio < 1) return refusal(law, output, gate.variable, x);
    if (ratio < refusalMarginRatio) refusalMarginRatio = ratio;
    const distance = distanceOutside(gate.fitted, x);
    extrapolationSq += distance * distance;
  }
  const value = output.predict(inputs as Required<LawInputs>);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    const reason = `${law.id} has no positive ${output.quantity} at these inputs`;
    return { status: "outside-law", quantity: output.quantity, reason };
  }
  return {
    status: "ok",
    quantity: output.quantity,
    value,
    sdLog:
      extrapolationSq === 0 ? output.sdLog : Math.sqrt(extrapolatedVariance(law, output, inputs)),
    insideFit: extrapolationSq === 0,
    extrapolationLog: Math.sqrt(extrapolationSq),
    refusalMarginLog: Math.log(refusalMarginRatio),
    constantStatus: output.status,
    formula: output.formula,
    exponents: output.exponents,
  };
}

/**
 * Returns what a law says about one quantity, from the first of its formulas whose inputs are at hand.
 *
 * @returns undefined when the law never predicts the quantity; `missing-inputs` names what the formula that lacks
 *   least still needs.
 * @throws {RangeError} when an input the formula uses is not a finite number above 0.
 */
export function evaluateQuantity(
  law: Law,
  quantity: LawQuantity,
  inputs: LawInputs,
): OutputEvaluation | undefined {
  for (const output of law.outputs) {
    if (output.quantity === quantity && hasInputs(output, inputs)) {
      return evaluateOutput(law, output, inputs);
    }
  }
  return fewestMissing(law, quantity, inputs);
}

function fewestMissing(
  law: Law,
  quantity: LawQuantity,
  inputs: LawInputs,
): MissingInputs | undefined {
  let closest: MissingInputs | undefined;
  for (const output of law.outputs) {
    if (output.quantity !== quantity) continue;
    const missing = missingForOutput(output, inputs);
    if (closest === undefined || missing.length < closest.missing.length) {
      closest = { status: "missing-inputs", missing };
    }
  }
  return closest;
}

/**
 * Returns every quantity a law can answer from these inputs, each from the first formula whose inputs are at hand.
 *
 * @param law - the law.
 * @param inputs - what is known; see {@link completeInputs} for C = 6 N D.
 * @returns `ok` with the predictions (and the quantities refused here); `outside-law` when every quantity asked is
 *   refused; `missing-inputs` when no formula has its inputs.
 * @throws {RangeError} when an input a formula uses is not a finite number above 0.
 * @example evaluateLaw(li2025StepLaw, { trainingTokens: 2e10 }) predicts bOptTokens 4.419e5
 */
export function evaluateLaw(law: Law, inputs: LawInputs): LawEvaluation {
  const predictions: LawPrediction[] = [];
  const refused: OutsideLaw[] = [];
  const answered = new Set<LawQuantity>();
  for (const output of law.outputs) {
    if (answered.has(output.quantity) || !hasInputs(output, inputs)) continue;
    answered.add(output.quantity);
    const evaluation = evaluateOutput(law, output, inputs);
    if (evaluation.status === "ok") predictions.push(evaluation);
    else if (evaluation.status === "outside-law") refused.push(evaluation);
  }
  if (predictions.length > 0) return { status: "ok", predictions, refused };
  const first = refused[0];
  if (first !== undefined) return { status: "outside-law", reason: first.reason, refused };
  return { status: "missing-inputs", missing: missingInputs(law, inputs) };
}

function hasInputs(output: LawOutput, inputs: LawInputs): boolean {
  for (const variable of output.requires) {
    if (inputs[variable] === undefined) return false;
  }
  return true;
}

function missingForOutput(output: LawOutput, inputs: LawInputs): LawVariable[] {
  return output.requires.filter((variable) => inputs[variable] === undefined);
}

/** What one variable of a formula has to pass: the law's boxes, looked up once instead of at every call. */
interface Gate {
  readonly variable: LawVariable;
  readonly fitted: Range | undefined;
  readonly refusedBelow: number;
  readonly refusedAbove: number;
}

const gates = new WeakMap<LawOutput, readonly Gate[]>();

/** A formula belongs to one law, so that it alone is the key. */
function gatesOf(law: Law, output: LawOutput): readonly Gate[] {
  let known = gates.get(output);
  if (known === undefined) {
    known = output.requires.map((variable) => {
      const boxes = [law.refusalBox[variable], output.refusalBox?.[variable]];
      return {
        variable,
        fitted: law.fittedBox[variable],
        refusedBelow: Math.max(...boxes.map((box) => box?.lower ?? 0)),
        refusedAbove: Math.min(...boxes.map((box) => box?.upper ?? Number.POSITIVE_INFINITY)),
      };
    });
    gates.set(output, known);
  }
  return known;
}

function distanceOutside(range: Range | undefined, x: number): number {
  if (range === undefined) return 0;
  if (x < range.lower) return Math.log(range.lower / x);
  return x > range.upper ? Math.log(x / range.upper) : 0;
}

function extrapolatedVariance(law: Law, output: LawOutput, inputs: LawInputs): number {
  let variance = output.sdLog * output.sdLog;
  for (const exponent of output.exponents) {
    const x = inputs[exponent.variable];
    if (x === undefined) continue;
    const widening = exponent.sd * distanceOutside(law.fittedBox[exponent.variable], x);
    variance += widening * widening;
  }
  return variance;
}

function refusal(law: Law, output: LawOutput, variable: LawVariable, x: number): OutsideLaw {
  const ofOutput = output.refusalBox?.[variable];
  const range = refuses(ofOutput, x) ? ofOutput : law.refusalBox[variable];
  const beyond =
    range?.upper !== undefined && x > range.upper
      ? `above ${range.upper.toExponential()}`
      : `below ${range?.lower?.toExponential()}`;
  const reason = `${law.id} must not be used for ${output.quantity} with ${variable} ${beyond}`;
  return { status: "outside-law", quantity: output.quantity, variable, reason };
}

function refuses(range: Partial<Range> | undefined, x: number): boolean {
  if (range === undefined) return false;
  return x < (range.lower ?? 0) || x > (range.upper ?? Number.POSITIVE_INFINITY);
}
