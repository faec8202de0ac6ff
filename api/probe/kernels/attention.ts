import { gemmNN, gemmNT, gemmTN } from "./gemm";
import { exponentials, rowMaximum, scaleRow } from "./losses";
import { innerProduct } from "./reductions";

/**
 * Causal attention of one sequence: out = softmax(Q K' / sqrt(width / heads)) V, position t seeing 0 .. t.
 *
 * @param qkv - [context, 3 width], queries then keys then values, heads side by side in each.
 * @param weights - [heads, context, context], out: the attention weights for the backward pass.
 */
export function attentionForward(
  context: i32,
  width: i32,
  heads: i32,
  qkv: usize,
  weights: usize,
  out: usize,
  work: usize,
): void {
  const size = width / heads;
  const row = 3 * width;
  const scale = <f32>(1 / Math.sqrt(<f64>size));
  for (let h = 0; h < heads; ++h) {
    const q = qkv + ((<usize>(h * size)) << 2);
    const k = q + ((<usize>width) << 2);
    const v = k + ((<usize>width) << 2);
    gemmNT(context, context, size, q, row, k, row, weights, context, false, work);
    causalSoftmax(context, weights, scale);
    const to = out + ((<usize>(h * size)) << 2);
    gemmNN(context, size, context, weights, context, v, row, to, width, false, work);
    weights += (<usize>(context * context)) << 2;
  }
}

function causalSoftmax(context: i32, scores: usize, scale: f32): void {
  const bytes = (<usize>context) << 2;
  for (let t = 0; t < context; ++t) {
    const seen = t + 1;
    scaleRow(seen, scores, scale);
    const sum = exponentials(seen, scores, rowMaximum(seen, scores));
    scaleRow(seen, scores, <f32>(1 / sum));
    memory.fill(scores + ((<usize>seen) << 2), 0, bytes - ((<usize>seen) << 2));
    scores += bytes;
  }
}

/**
 * Backward of `attentionForward`: writes the gradient of queries, keys and values.
 *
 * @param dout - [context, width]. @param dqkv - [context, 3 width], out.
 * @param scores - [context, context] scratch.
 */
export function attentionBackward(
  context: i32,
  width: i32,
  heads: i32,
  qkv: usize,
  weights: usize,
  dout: usize,
  dqkv: usize,
  scores: usize,
  work: usize,
): void {
  const size = width / heads;
  const row = 3 * width;
  const shift = (<usize>width) << 2;
  const scale = <f32>(1 / Math.sqrt(<f64>size));
  for (let h = 0; h < heads; ++h) {
    const at = (<usize>(h * size)) << 2;
    const q = qkv + at;
    const k = q + shift;
    const v = k + shift;
    const dq = dqkv + at;
    const dk = dq + shift;
    const dv = dk + shift;
    const d = dout + at;
    gemmTN(context, size, context, weights, context, d, width, dv, row, false, work);
    gemmNT(context, context, size, d, width, v, row, scores, context, false, work);
    softmaxBackward(context, weights, scores, scale);
    gemmNN(context, size, context, scores, context, k, row, dq, row, false, work);
    gemmTN(context, size, context, scores, context, q, row, dk, row, false, work);
    weights += (<usize>(context * context)) << 2;
  }
}

function softmaxBackward(context: i32, weights: usize, scores: usize, scale: f32): void {
  const bytes = (<usize>context) << 2;
  const factor = f32x4.splat(scale);
  for (let t = 0; t < context; ++t) {
    const seen = t + 1;
    const mean = <f32>innerProduct(seen, weights, scores);
    const shift = f32x4.splat(mean);
    let j = 0;
    for (; j + 4 <= seen; j += 4) {
      const at = (<usize>j) << 2;
      const centred = f32x4.sub(v128.load(scores + at), shift);
      const p = f32x4.mul(v128.load(weights + at), factor);
      v128.store(scores + at, f32x4.mul(p, centred));
    }
    for (; j < seen; ++j) {
      const at = (<usize>j) << 2;
      const centred = load<f32>(scores + at) - mean;
      store<f32>(scores + at, load<f32>(weights + at) * scale * centred);
    }
    memory.fill(scores + ((<usize>seen) << 2), 0, bytes - ((<usize>seen) << 2));
    weights += bytes;
    scores += bytes;
  }
}
