import { mlpAccumulate, mlpEvaluate } from "./mlp";
import { mlpStep, stepPays } from "./mlp-step";
import { address, scalar, setScalar, setWord, word } from "./plan";
import {
  BATCH,
  CONTEXT,
  DIVERGED,
  DONE_IN_STEP,
  EVALUATION_INPUT,
  EVALUATION_TARGET,
  EXAMPLE_NORMS,
  GRADIENT,
  INDEX,
  KIND,
  LAYER_TABLE,
  LAYERS,
  LOSS,
  LOSS_SUM,
  MICRO,
  PARAM_COUNT,
  PARAMS,
  RECORD_COUNT,
  RECORD_VALUES,
  RECORDS,
  SEED,
  SQUARE_SUM,
  STEP,
  TABLE_INPUTS,
  TABLE_OUTPUTS,
  TABLE_WORDS,
  TRAIN_COUNT,
  TRAIN_INPUT,
  TRAIN_TARGET,
} from "./plan-layout";
import { permuted } from "./random";
import { innerProduct, sumOfSquares } from "./reductions";
import { beginUpdate, updateBlock } from "./step-update";
import { transformerAccumulate, transformerEvaluate } from "./transformer";

/** First address that no static data of the module uses. */
export function firstFreeAddress(): usize {
  return __heap_base;
}

function drawBatch(plan: usize, rows: i32): void {
  const index = address(plan, INDEX);
  const count = <u64>word(plan, TRAIN_COUNT);
  const seed = <u32>word(plan, SEED);
  const start = <u64>word(plan, STEP) * <u64>word(plan, BATCH) + <u64>word(plan, DONE_IN_STEP);
  for (let i = 0; i < rows; ++i) {
    const position = start + <u64>i;
    const epoch = position / count;
    const row = permuted(<u32>(position - epoch * count), <u32>count, seed, <u32>epoch);
    store<u32>(index + ((<usize>i) << 2), row);
  }
}

function accumulateListed(
  plan: usize,
  params: usize,
  rows: i32,
  scale: f64,
  accumulate: bool,
  norms: bool,
): void {
  const inputs = address(plan, TRAIN_INPUT);
  if (word(plan, KIND) === 0) {
    const targets = address(plan, TRAIN_TARGET);
    mlpAccumulate(plan, params, rows, inputs, targets, scale, accumulate, norms);
  } else {
    transformerAccumulate(plan, params, rows, inputs, scale, accumulate, norms);
  }
}

// Notes the step's loss and norms; a value that is not finite ends the run before its update.
function record(plan: usize, square: f64): void {
  const batch = <f64>word(plan, BATCH);
  const at = word(plan, RECORD_COUNT);
  const to = address(plan, RECORDS) + ((<usize>(at * RECORD_VALUES)) << 3);
  const loss = scalar(plan, LOSS_SUM) / batch;
  store<f64>(to, loss);
  store<f64>(to, square, 8);
  store<f64>(to, scalar(plan, SQUARE_SUM) / batch, 16);
  setWord(plan, RECORD_COUNT, at + 1);
  if (!isFinite(loss) || !isFinite(square)) setWord(plan, DIVERGED, 1);
}

/**
 * Trains until `untilStep` steps are done, or `microBatches` micro-batches have been worked on, or the
 * loss stops being finite. A step may be cut between two micro-batches: the state is all in memory.
 *
 * @returns micro-batches worked on.
 */
export function advance(plan: usize, untilStep: i32, microBatches: i32): i32 {
  const batch = word(plan, BATCH);
  const micro = word(plan, MICRO);
  const norms = word(plan, EXAMPLE_NORMS) !== 0;
  let worked = 0;
  while (worked < microBatches && word(plan, STEP) < untilStep && !word(plan, DIVERGED)) {
    const done = word(plan, DONE_IN_STEP);
    if (done === 0) {
      setScalar(plan, LOSS_SUM, 0);
      setScalar(plan, SQUARE_SUM, 0);
    }
    const rows = min(micro, batch - done);
    drawBatch(plan, rows);
    ++worked;
    if (rows === batch && word(plan, KIND) === 0 && stepPays(rows)) {
      record(plan, mlpStep(plan, rows, norms));
      if (word(plan, DIVERGED)) break;
      setWord(plan, STEP, word(plan, STEP) + 1);
      continue;
    }
    accumulateListed(plan, address(plan, PARAMS), rows, 1 / <f64>batch, done > 0, norms);
    setWord(plan, DONE_IN_STEP, done + rows);
    if (done + rows === batch) {
      setWord(plan, DONE_IN_STEP, 0);
      const count = word(plan, PARAM_COUNT);
      const gradient = address(plan, GRADIENT);
      record(plan, sumOfSquares(count, gradient));
      if (word(plan, DIVERGED)) break;
      beginUpdate(plan);
      updateBlock(plan, 0, count, gradient);
      setWord(plan, STEP, word(plan, STEP) + 1);
    }
  }
  return worked;
}

/** Adds the gradient over the `rows` examples in the index list (at most one micro-batch) at `params`. */
export function accumulateGradient(
  plan: usize,
  params: usize,
  rows: i32,
  scale: f64,
  accumulate: bool,
): f64 {
  setScalar(plan, LOSS_SUM, 0);
  setScalar(plan, SQUARE_SUM, 0);
  accumulateListed(plan, params, rows, scale, accumulate, word(plan, EXAMPLE_NORMS) !== 0);
  return scalar(plan, LOSS_SUM);
}

/** Sum of the losses of `count` neighbouring examples of the evaluation set. */
export function evaluate(plan: usize, params: usize, first: i32, count: i32): f64 {
  const micro = word(plan, MICRO);
  const inputs = address(plan, EVALUATION_INPUT);
  const targets = address(plan, EVALUATION_TARGET);
  const table = address(plan, LAYER_TABLE);
  let sum: f64 = 0;
  for (let done = 0; done < count; done += micro) {
    const rows = min(micro, count - done);
    const row = <usize>(first + done);
    if (word(plan, KIND) === 0) {
      const last = table + ((<usize>((word(plan, LAYERS) - 1) * TABLE_WORDS)) << 2);
      const outputs = word(plan, LOSS) === 0 ? 1 : word(last, TABLE_OUTPUTS);
      const from = inputs + ((row * <usize>word(table, TABLE_INPUTS)) << 2);
      sum += mlpEvaluate(plan, params, rows, from, targets + ((row * <usize>outputs) << 2));
    } else {
      sum += transformerEvaluate(plan, params, rows, inputs + row * <usize>word(plan, CONTEXT));
    }
  }
  return sum;
}

/** out = x + factor * y over `count` values (a multiple of four). */
export function combine(count: i32, x: usize, y: usize, factor: f32, out: usize): void {
  const f = f32x4.splat(factor);
  for (let i = 0; i < count; i += 4) {
    v128.store(out, f32x4.add(v128.load(x), f32x4.mul(f, v128.load(y))));
    x += 16;
    y += 16;
    out += 16;
  }
}

/** Sum of squares of `count` values (for directions and displacements). */
export function squareNorm(count: i32, x: usize): f64 {
  return sumOfSquares(count, x);
}

/** Inner product of two vectors of `count` values. */
export function dotProduct(count: i32, x: usize, y: usize): f64 {
  return innerProduct(count, x, y);
}
