import { logScalar } from "./scalar-math";
import { expVector } from "./vector-math";

/**
 * Softmax cross-entropy of one row, in nats, and (when scale is not 0) its gradient in place.
 *
 * @param logits - `classes` values with at least 3 readable floats behind them.
 * @param scale - factor of the gradient (1 / examples of the step); 0 leaves the logits changed to e^(z - max).
 */
export function softmaxCrossEntropy(classes: i32, logits: usize, label: i32, scale: f32): f64 {
  const target = <f64>load<f32>(logits + ((<usize>label) << 2));
  const top = rowMaximum(classes, logits);
  const sum = exponentials(classes, logits, top);
  const loss = logScalar(sum) - (target - <f64>top);
  if (scale !== 0) {
    const factor = <f32>(<f64>scale / sum);
    scaleRow(classes, logits, factor);
    const at = logits + ((<usize>label) << 2);
    store<f32>(at, load<f32>(at) - scale);
  }
  return loss;
}

/** Largest of `count` values; NaN when one is. */
export function rowMaximum(count: i32, x: usize): f32 {
  let i = 0;
  let top = load<f32>(x);
  if (count >= 4) {
    let v = v128.load(x);
    for (i = 4; i + 4 <= count; i += 4) v = f32x4.max(v, v128.load(x + ((<usize>i) << 2)));
    v = f32x4.max(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
    v = f32x4.max(v, v128.shuffle<f32>(v, v, 1, 0, 3, 2));
    top = f32x4.extract_lane(v, 0);
  }
  for (; i < count; ++i) top = f32.max(top, load<f32>(x + ((<usize>i) << 2)));
  return top;
}

/**
 * x := e^(x - top) over `count` values; returns their sum in f64.
 *
 * Up to three floats behind the last value are read, none is written.
 */
export function exponentials(count: i32, x: usize, top: f32): f64 {
  const shift = f32x4.splat(top);
  let total = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const e = expVector(f32x4.sub(v128.load(x), shift));
    v128.store(x, e);
    total = f64x2.add(total, f64x2.promote_low_f32x4(e));
    total = f64x2.add(total, f64x2.promote_low_f32x4(v128.shuffle<f32>(e, e, 2, 3, 0, 1)));
    x += 16;
  }
  let sum = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
  if (i < count) {
    let e = expVector(f32x4.sub(v128.load(x), shift));
    for (; i < count; ++i) {
      const lane = f32x4.extract_lane(e, 0);
      store<f32>(x, lane);
      sum += <f64>lane;
      e = v128.shuffle<f32>(e, e, 1, 2, 3, 0);
      x += 4;
    }
  }
  return sum;
}

/** x := x * factor over `count` values. */
export function scaleRow(count: i32, x: usize, factor: f32): void {
  const f = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = x + ((<usize>i) << 2);
    v128.store(at, f32x4.mul(v128.load(at), f));
  }
  for (; i < count; ++i) {
    const at = x + ((<usize>i) << 2);
    store<f32>(at, load<f32>(at) * factor);
  }
}

/**
 * Squared error of one row, half the sum over outputs of (prediction - target)^2; the gradient
 * replaces the prediction when scale is not 0.
 */
export function squaredError(outputs: i32, prediction: usize, target: usize, scale: f32): f64 {
  let loss: f64 = 0;
  for (let j = 0; j < outputs; ++j) {
    const at = (<usize>j) << 2;
    const error = load<f32>(prediction + at) - load<f32>(target + at);
    loss += 0.5 * <f64>error * <f64>error;
    if (scale !== 0) store<f32>(prediction + at, error * scale);
  }
  return loss;
}
