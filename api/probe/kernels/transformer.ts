import { biasActivation, GELU, multiplyInto } from "./activation";
import { attentionBackward, attentionForward } from "./attention";
import { embeddingBackward, embeddingForward } from "./embedding";
import { gemmNN, gemmNT, gemmTN } from "./gemm";
import { softmaxCrossEntropy } from "./losses";
import { rmsNormBackward, rmsNormForward } from "./norm";
import { address, scalar, setScalar, word } from "./plan";
import {
  CONTEXT,
  EXAMPLE_SQUARES,
  FINAL_NORMALISED,
  FINAL_OUTPUT,
  FINAL_SCALE,
  GRADIENT,
  HEADS,
  INDEX,
  LAYER_ACTIVATION_BYTES,
  LAYER_ACTIVATIONS,
  LAYERS,
  LOGITS,
  LOSS_SUM,
  NARROW,
  PARAM_COUNT,
  RESIDUAL,
  RESIDUAL_GRADIENT,
  SCORES,
  SEQUENCE_GRADIENT,
  SQUARE_SUM,
  TIED,
  VOCABULARY,
  WIDE,
  WIDTH,
  WORK,
} from "./plan-layout";
import { addAndMeasure, addInto } from "./reductions";

// Parameters, in floats: token table [V, d], positions [T, d], then per layer gain1 [d], qkv [d, 3d],
// out [d, d], gain2 [d], up [d, 4d], down [4d, d], then the last gain [d] and, untied, the head [V, d].
// Activations of a layer, in floats, stand in the order of the offsets below.

function layerParams(plan: usize, layer: i32): usize {
  const d = word(plan, WIDTH);
  const first = (word(plan, VOCABULARY) + word(plan, CONTEXT)) * d;
  return (<usize>(first + layer * (12 * d * d + 2 * d))) << 2;
}

function activations(plan: usize, layer: i32): usize {
  return address(plan, LAYER_ACTIVATIONS) + <usize>(layer * word(plan, LAYER_ACTIVATION_BYTES));
}

function headOffset(plan: usize): usize {
  const d = word(plan, WIDTH);
  return word(plan, TIED) ? 0 : layerParams(plan, word(plan, LAYERS)) + ((<usize>d) << 2);
}

// Byte offsets inside a layer's activations: T x d blocks, then qkv, the two 4d blocks, the weights
// of the heads, and the two columns of scales.
function block(plan: usize, index: i32): usize {
  return (<usize>(index * word(plan, CONTEXT) * word(plan, WIDTH))) << 2;
}

function scaleColumn(plan: usize, index: i32): usize {
  const t = word(plan, CONTEXT);
  return block(plan, 16) + ((<usize>(word(plan, HEADS) * t * t + index * t)) << 2);
}

function layerForward(plan: usize, params: usize, layer: i32): void {
  const t = word(plan, CONTEXT);
  const d = word(plan, WIDTH);
  const work = address(plan, WORK);
  const x = address(plan, RESIDUAL);
  const narrow = address(plan, NARROW);
  const a = activations(plan, layer);
  const gain1 = params + layerParams(plan, layer);
  const qkvWeights = gain1 + ((<usize>d) << 2);
  const outWeights = qkvWeights + ((<usize>(3 * d * d)) << 2);
  const gain2 = outWeights + ((<usize>(d * d)) << 2);
  const up = gain2 + ((<usize>d) << 2);
  const down = up + ((<usize>(4 * d * d)) << 2);
  const qkv = a + block(plan, 5);
  const attended = a + block(plan, 4);
  const derivative = a + block(plan, 8);
  const hidden = a + block(plan, 12);
  rmsNormForward(t, d, x, gain1, a, a + block(plan, 1), a + scaleColumn(plan, 0));
  gemmNN(t, 3 * d, d, a + block(plan, 1), d, qkvWeights, 3 * d, qkv, 3 * d, false, work);
  attentionForward(t, d, word(plan, HEADS), qkv, a + block(plan, 16), attended, work);
  gemmNN(t, d, d, attended, d, outWeights, d, narrow, d, false, work);
  addInto(t * d, narrow, x);
  rmsNormForward(t, d, x, gain2, a + block(plan, 2), a + block(plan, 3), a + scaleColumn(plan, 1));
  gemmNN(t, 4 * d, d, a + block(plan, 3), d, up, 4 * d, derivative, 4 * d, false, work);
  biasActivation(GELU, t, 4 * d, 0, derivative, hidden);
  gemmNN(t, d, 4 * d, hidden, 4 * d, down, d, narrow, d, false, work);
  addInto(t * d, narrow, x);
}

/** Runs one sequence; returns the mean loss over its positions, logits turned into gradients. */
function sequenceForward(plan: usize, params: usize, tokens: usize, scale: f64): f64 {
  const t = word(plan, CONTEXT);
  const d = word(plan, WIDTH);
  const v = word(plan, VOCABULARY);
  const layers = word(plan, LAYERS);
  const positions = params + ((<usize>(v * d)) << 2);
  const x = address(plan, RESIDUAL);
  embeddingForward(t, d, tokens, params, positions, x);
  for (let l = 0; l < layers; ++l) layerForward(plan, params, l);
  const gain = params + layerParams(plan, layers);
  const output = address(plan, FINAL_OUTPUT);
  const normalised = address(plan, FINAL_NORMALISED);
  rmsNormForward(t, d, x, gain, normalised, output, address(plan, FINAL_SCALE));
  let logits = address(plan, LOGITS);
  const head = params + headOffset(plan);
  gemmNT(t, v, d, output, d, head, d, logits, v, false, address(plan, WORK));
  let sum: f64 = 0;
  for (let i = 0; i < t; ++i) {
    const next = <i32>load<u8>(tokens + <usize>i + 1);
    sum += softmaxCrossEntropy(v, logits, next, <f32>(scale / <f64>t));
    logits += (<usize>v) << 2;
  }
  return sum / <f64>t;
}

function attentionBack(plan: usize, params: usize, g: usize, layer: i32, accumulate: bool): void {
  const t = word(plan, CONTEXT);
  const d = word(plan, WIDTH);
  const work = address(plan, WORK);
  const dx = address(plan, RESIDUAL_GRADIENT);
  const narrow = address(plan, NARROW);
  const wide = address(plan, WIDE);
  const a = activations(plan, layer);
  const gain1 = layerParams(plan, layer);
  const qkvWeights = gain1 + ((<usize>d) << 2);
  const outWeights = qkvWeights + ((<usize>(3 * d * d)) << 2);
  const qkv = a + block(plan, 5);
  const attended = a + block(plan, 4);
  const heads = word(plan, HEADS);
  const scores = address(plan, SCORES);
  gemmTN(d, d, t, attended, d, dx, d, g + outWeights, d, accumulate, work);
  gemmNT(t, d, d, dx, d, params + outWeights, d, narrow, d, false, work);
  attentionBackward(t, d, heads, qkv, a + block(plan, 16), narrow, wide, scores, work);
  const input = a + block(plan, 1);
  gemmTN(d, 3 * d, t, input, d, wide, 3 * d, g + qkvWeights, 3 * d, accumulate, work);
  gemmNT(t, d, 3 * d, wide, 3 * d, params + qkvWeights, 3 * d, narrow, d, false, work);
  const scale = a + scaleColumn(plan, 0);
  rmsNormBackward(t, d, narrow, params + gain1, a, scale, dx, g + gain1, accumulate);
}

function feedForwardBack(plan: usize, params: usize, g: usize, layer: i32, accumulate: bool): void {
  const t = word(plan, CONTEXT);
  const d = word(plan, WIDTH);
  const work = address(plan, WORK);
  const dx = address(plan, RESIDUAL_GRADIENT);
  const narrow = address(plan, NARROW);
  const wide = address(plan, WIDE);
  const a = activations(plan, layer);
  const gain2 = layerParams(plan, layer) + ((<usize>(4 * d * d + d)) << 2);
  const up = gain2 + ((<usize>d) << 2);
  const down = up + ((<usize>(4 * d * d)) << 2);
  gemmTN(4 * d, d, t, a + block(plan, 12), 4 * d, dx, d, g + down, d, accumulate, work);
  gemmNT(t, 4 * d, d, dx, d, params + down, d, wide, 4 * d, false, work);
  multiplyInto(4 * t * d, a + block(plan, 8), wide);
  gemmTN(d, 4 * d, t, a + block(plan, 3), d, wide, 4 * d, g + up, 4 * d, accumulate, work);
  gemmNT(t, d, 4 * d, wide, 4 * d, params + up, 4 * d, narrow, d, false, work);
  const normalised = a + block(plan, 2);
  const scale = a + scaleColumn(plan, 1);
  rmsNormBackward(t, d, narrow, params + gain2, normalised, scale, dx, g + gain2, accumulate);
}

function sequenceBackward(
  plan: usize,
  params: usize,
  tokens: usize,
  g: usize,
  accumulate: bool,
): void {
  const t = word(plan, CONTEXT);
  const d = word(plan, WIDTH);
  const v = word(plan, VOCABULARY);
  const layers = word(plan, LAYERS);
  const work = address(plan, WORK);
  const dx = address(plan, RESIDUAL_GRADIENT);
  const narrow = address(plan, NARROW);
  const logits = address(plan, LOGITS);
  const head = headOffset(plan);
  const gain = layerParams(plan, layers);
  const positions = (<usize>(v * d)) << 2;
  if (!accumulate) {
    memory.fill(g + positions, 0, (<usize>(t * d)) << 2);
    if (head !== 0) memory.fill(g, 0, positions);
  }
  gemmTN(v, d, t, logits, v, address(plan, FINAL_OUTPUT), d, g + head, d, accumulate, work);
  gemmNN(t, d, v, logits, v, params + head, d, narrow, d, false, work);
  memory.fill(dx, 0, (<usize>(t * d)) << 2);
  const normalised = address(plan, FINAL_NORMALISED);
  const scale = address(plan, FINAL_SCALE);
  rmsNormBackward(t, d, narrow, params + gain, normalised, scale, dx, g + gain, accumulate);
  for (let l = layers - 1; l >= 0; --l) {
    feedForwardBack(plan, params, g, l, accumulate);
    attentionBack(plan, params, g, l, accumulate);
  }
  embeddingBackward(t, d, tokens, dx, g, g + positions);
}

/**
 * Adds the gradient of scale * (sum of the mean losses of the listed sequences) to the gradient
 * buffer. With `norms` every sequence's gradient stands alone for a moment, so its norm is exact.
 */
export function transformerAccumulate(
  plan: usize,
  params: usize,
  rows: i32,
  tokens: usize,
  scale: f64,
  accumulate: bool,
  norms: bool,
): void {
  const count = word(plan, PARAM_COUNT);
  const gradient = address(plan, GRADIENT);
  const alone = address(plan, SEQUENCE_GRADIENT);
  const index = address(plan, INDEX);
  const squares = address(plan, EXAMPLE_SQUARES);
  if (!accumulate) memory.fill(gradient, 0, (<usize>count) << 2);
  for (let i = 0; i < rows; ++i) {
    const sequence = load<i32>(index + ((<usize>i) << 2));
    const from = tokens + <usize>sequence * <usize>word(plan, CONTEXT);
    const loss = sequenceForward(plan, params, from, scale);
    setScalar(plan, LOSS_SUM, scalar(plan, LOSS_SUM) + loss);
    if (norms) {
      sequenceBackward(plan, params, from, alone, false);
      const square = addAndMeasure(count, alone, gradient) / (scale * scale);
      store<f64>(squares + ((<usize>i) << 3), square);
      setScalar(plan, SQUARE_SUM, scalar(plan, SQUARE_SUM) + square);
    } else {
      sequenceBackward(plan, params, from, gradient, true);
    }
  }
}

/** Sum of the mean losses of `rows` neighbouring sequences. */
export function transformerEvaluate(plan: usize, params: usize, rows: i32, tokens: usize): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < rows; ++i) {
    sum += sequenceForward(plan, params, tokens, 0);
    tokens += <usize>word(plan, CONTEXT);
  }
  return sum;
}
