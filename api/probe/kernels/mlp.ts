import { biasActivation, IDENTITY, multiplyInto } from "./activation";
import { gemmNN, gemmNT, gemmTN } from "./gemm";
import { softmaxCrossEntropy, squaredError } from "./losses";
import { address, scalar, setScalar, word } from "./plan";
import {
  ACTIVATION,
  EXAMPLE_SQUARES,
  GRADIENT,
  INDEX,
  INPUT_ROWS,
  LAYER_TABLE,
  LAYERS,
  LOSS,
  LOSS_SUM,
  SPARE_ROWS,
  SQUARE_SUM,
  TABLE_BIAS,
  TABLE_DERIVATIVE,
  TABLE_INPUTS,
  TABLE_OUTPUT,
  TABLE_OUTPUTS,
  TABLE_WEIGHTS,
  TABLE_WORDS,
  WORK,
} from "./plan-layout";
import { columnSums, sumOfSquares } from "./reductions";

/** Address of a layer's row in the table. */
export function layerRow(plan: usize, layer: i32): usize {
  return address(plan, LAYER_TABLE) + ((<usize>(layer * TABLE_WORDS)) << 2);
}

function gatherRows(plan: usize, rows: i32, columns: i32, source: usize): usize {
  const target = address(plan, INPUT_ROWS);
  const index = address(plan, INDEX);
  const bytes = (<usize>columns) << 2;
  for (let i = 0; i < rows; ++i) {
    const row = <usize>load<u32>(index + ((<usize>i) << 2));
    memory.copy(target + <usize>i * bytes, source + row * bytes, bytes);
  }
  return target;
}

/** Runs `rows` inputs through the network; the last layer's output holds the logits or predictions. */
function forward(plan: usize, params: usize, rows: i32, input: usize): usize {
  const layers = word(plan, LAYERS);
  const work = address(plan, WORK);
  let h = input;
  for (let l = 0; l < layers; ++l) {
    const row = layerRow(plan, l);
    const inputs = word(row, TABLE_INPUTS);
    const outputs = word(row, TABLE_OUTPUTS);
    const weights = params + ((<usize>word(row, TABLE_WEIGHTS)) << 2);
    const bias = params + ((<usize>word(row, TABLE_BIAS)) << 2);
    const z = address(row, TABLE_DERIVATIVE);
    gemmNN(rows, outputs, inputs, h, inputs, weights, outputs, z, outputs, false, work);
    h = address(row, TABLE_OUTPUT);
    const kind = l === layers - 1 ? IDENTITY : word(plan, ACTIVATION);
    biasActivation(kind, rows, outputs, bias, z, h);
  }
  return h;
}

function losses(
  plan: usize,
  rows: i32,
  outputs: i32,
  predictions: usize,
  targets: usize,
  index: usize,
  scale: f32,
): f64 {
  const classification = word(plan, LOSS) === 0;
  const bytes = (<usize>outputs) << 2;
  let sum: f64 = 0;
  for (let i = 0; i < rows; ++i) {
    const row = index === 0 ? <usize>i : <usize>load<u32>(index + ((<usize>i) << 2));
    if (classification) {
      const label = load<i32>(targets + (row << 2));
      sum += softmaxCrossEntropy(outputs, predictions, label, scale);
    } else {
      sum += squaredError(outputs, predictions, targets + row * bytes, scale);
    }
    predictions += bytes;
  }
  return sum;
}

function measureExamples(
  rows: i32,
  inputs: i32,
  outputs: i32,
  h: usize,
  delta: usize,
  squares: usize,
): void {
  for (let i = 0; i < rows; ++i) {
    const x2 = sumOfSquares(inputs, h);
    const d2 = sumOfSquares(outputs, delta);
    store<f64>(squares, load<f64>(squares) + (x2 + 1) * d2);
    h += (<usize>inputs) << 2;
    delta += (<usize>outputs) << 2;
    squares += 8;
  }
}

/** Address of the gradient at the output of a layer, after `mlpBackward`. */
export function layerDelta(plan: usize, layer: i32): usize {
  const field = layer === word(plan, LAYERS) - 1 ? TABLE_OUTPUT : TABLE_DERIVATIVE;
  return address(layerRow(plan, layer), field);
}

/** Address of the input of a layer in the listed rows, after `mlpBackward`. */
export function layerInput(plan: usize, layer: i32): usize {
  return layer === 0 ? address(plan, INPUT_ROWS) : address(layerRow(plan, layer - 1), TABLE_OUTPUT);
}

/**
 * Runs the listed rows forward and backward: leaves every layer's input and delta in memory, adds the losses to the
 * sums of the step and, with `norms`, writes the squared norms of the examples' gradients (times scale^2).
 *
 * The norm of example i in a layer is (|x_i|^2 + 1) |delta_i|^2, exact (Goodfellow 2015).
 */
export function mlpBackward(
  plan: usize,
  params: usize,
  rows: i32,
  inputs: usize,
  targets: usize,
  scale: f64,
  norms: bool,
): void {
  const last = word(plan, LAYERS) - 1;
  const work = address(plan, WORK);
  const squares = address(plan, EXAMPLE_SQUARES);
  const spare = address(plan, SPARE_ROWS);
  const features = word(layerRow(plan, 0), TABLE_INPUTS);
  const first = gatherRows(plan, rows, features, inputs);
  const output = forward(plan, params, rows, first);
  const classes = word(layerRow(plan, last), TABLE_OUTPUTS);
  const loss = losses(plan, rows, classes, output, targets, address(plan, INDEX), <f32>scale);
  setScalar(plan, LOSS_SUM, scalar(plan, LOSS_SUM) + loss);
  if (norms) memory.fill(squares, 0, (<usize>rows) << 3);
  for (let l = last; l >= 0; --l) {
    const row = layerRow(plan, l);
    const ins = word(row, TABLE_INPUTS);
    const outs = word(row, TABLE_OUTPUTS);
    const weights = params + ((<usize>word(row, TABLE_WEIGHTS)) << 2);
    const delta = layerDelta(plan, l);
    if (norms) measureExamples(rows, ins, outs, layerInput(plan, l), delta, squares);
    if (l > 0) {
      gemmNT(rows, ins, outs, delta, outs, weights, outs, spare, ins, false, work);
      multiplyInto(rows * ins, spare, layerDelta(plan, l - 1));
    }
  }
}

/**
 * Adds the gradient of scale * (sum of the losses of the listed rows) to the gradient buffer, and the
 * losses and squared norms of the examples' gradients to the sums of the step.
 */
export function mlpAccumulate(
  plan: usize,
  params: usize,
  rows: i32,
  inputs: usize,
  targets: usize,
  scale: f64,
  accumulate: bool,
  norms: bool,
): void {
  mlpBackward(plan, params, rows, inputs, targets, scale, norms);
  mlpGradient(plan, rows, accumulate);
  if (norms) finishNorms(plan, rows, scale);
}

/** Adds the gradient of the rows that `mlpBackward` left to the gradient buffer. */
export function mlpGradient(plan: usize, rows: i32, accumulate: bool): void {
  const work = address(plan, WORK);
  const gradient = address(plan, GRADIENT);
  for (let l = word(plan, LAYERS) - 1; l >= 0; --l) {
    const row = layerRow(plan, l);
    const ins = word(row, TABLE_INPUTS);
    const outs = word(row, TABLE_OUTPUTS);
    const weights = gradient + ((<usize>word(row, TABLE_WEIGHTS)) << 2);
    const bias = gradient + ((<usize>word(row, TABLE_BIAS)) << 2);
    const h = layerInput(plan, l);
    const delta = layerDelta(plan, l);
    gemmTN(ins, outs, rows, h, ins, delta, outs, weights, outs, accumulate, work);
    columnSums(rows, outs, delta, outs, bias, accumulate);
  }
}

/** Turns what `mlpBackward` wrote into norms of the gradients of the loss itself and adds them to their sum. */
export function finishNorms(plan: usize, rows: i32, scale: f64): void {
  const squares = address(plan, EXAMPLE_SQUARES);
  const invert = 1 / (scale * scale);
  let sum: f64 = 0;
  for (let i = 0; i < rows; ++i) {
    const at = squares + ((<usize>i) << 3);
    const square = load<f64>(at) * invert;
    store<f64>(at, square);
    sum += square;
  }
  setScalar(plan, SQUARE_SUM, scalar(plan, SQUARE_SUM) + sum);
}

/** Sum of the losses of `rows` neighbouring rows. */
export function mlpEvaluate(
  plan: usize,
  params: usize,
  rows: i32,
  inputs: usize,
  targets: usize,
): f64 {
  const predictions = forward(plan, params, rows, inputs);
  const outputs = word(layerRow(plan, word(plan, LAYERS) - 1), TABLE_OUTPUTS);
  return losses(plan, rows, outputs, predictions, targets, 0, 0);
}
