import { sumOfSquares } from "./reductions";

const EPSILON: f64 = 1e-5;

/**
 * RMSNorm of `rows` rows: normalised = x / sqrt(mean x^2 + 1e-5), output = gain * normalised.
 *
 * @param scale - one f32 a row, out: 1 / sqrt(mean x^2 + 1e-5), for the backward pass.
 */
export function rmsNormForward(
  rows: i32,
  width: i32,
  x: usize,
  gain: usize,
  normalised: usize,
  output: usize,
  scale: usize,
): void {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < rows; ++i) {
    const factor = <f32>(1 / Math.sqrt(sumOfSquares(width, x) / <f64>width + EPSILON));
    store<f32>(scale + ((<usize>i) << 2), factor);
    const f = f32x4.splat(factor);
    let j = 0;
    for (; j + 4 <= width; j += 4) {
      const at = (<usize>j) << 2;
      const value = f32x4.mul(v128.load(x + at), f);
      v128.store(normalised + at, value);
      v128.store(output + at, f32x4.mul(value, v128.load(gain + at)));
    }
    for (; j < width; ++j) {
      const at = (<usize>j) << 2;
      const value = load<f32>(x + at) * factor;
      store<f32>(normalised + at, value);
      store<f32>(output + at, value * load<f32>(gain + at));
    }
    x += bytes;
    normalised += bytes;
    output += bytes;
  }
}

/**
 * Backward of RMSNorm: dx += scale * (u - normalised * mean(u * normalised)) with u = gain * dy, and
 * dgain = sum over rows of dy * normalised (written, or added when `accumulate`).
 */
export function rmsNormBackward(
  rows: i32,
  width: i32,
  dy: usize,
  gain: usize,
  normalised: usize,
  scale: usize,
  dx: usize,
  dgain: usize,
  accumulate: bool,
): void {
  const bytes = (<usize>width) << 2;
  if (!accumulate) memory.fill(dgain, 0, bytes);
  for (let i = 0; i < rows; ++i) {
    const mean = gainRow(width, dy, gain, normalised, dgain);
    const factor = load<f32>(scale + ((<usize>i) << 2));
    backRow(width, dy, gain, normalised, dx, factor, <f32>(mean / <f64>width));
    dy += bytes;
    normalised += bytes;
    dx += bytes;
  }
}

// dgain += dy * normalised; returns the sum of dy * normalised * gain.
function gainRow(width: i32, dy: usize, gain: usize, normalised: usize, dgain: usize): f64 {
  let total = f64x2.splat(0);
  let j = 0;
  for (; j + 4 <= width; j += 4) {
    const at = (<usize>j) << 2;
    const product = f32x4.mul(v128.load(dy + at), v128.load(normalised + at));
    v128.store(dgain + at, f32x4.add(v128.load(dgain + at), product));
    const term = f32x4.mul(product, v128.load(gain + at));
    total = f64x2.add(total, f64x2.promote_low_f32x4(term));
    total = f64x2.add(total, f64x2.promote_low_f32x4(v128.shuffle<f32>(term, term, 2, 3, 0, 1)));
  }
  let sum = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
  for (; j < width; ++j) {
    const at = (<usize>j) << 2;
    const product = load<f32>(dy + at) * load<f32>(normalised + at);
    store<f32>(dgain + at, load<f32>(dgain + at) + product);
    sum += <f64>product * <f64>load<f32>(gain + at);
  }
  return sum;
}

function backRow(
  width: i32,
  dy: usize,
  gain: usize,
  normalised: usize,
  dx: usize,
  factor: f32,
  mean: f32,
): void {
  const f = f32x4.splat(factor);
  const shift = f32x4.splat(mean);
  let j = 0;
  for (; j + 4 <= width; j += 4) {
    const at = (<usize>j) << 2;
    const u = f32x4.mul(v128.load(dy + at), v128.load(gain + at));
    const centred = f32x4.sub(u, f32x4.mul(v128.load(normalised + at), shift));
    v128.store(dx + at, f32x4.add(v128.load(dx + at), f32x4.mul(f, centred)));
  }
  for (; j < width; ++j) {
    const at = (<usize>j) << 2;
    const u = load<f32>(dy + at) * load<f32>(gain + at);
    const centred = u - load<f32>(normalised + at) * mean;
    store<f32>(dx + at, load<f32>(dx + at) + factor * centred);
  }
}
