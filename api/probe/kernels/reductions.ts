// Sums in a fixed order: f32 inside a block of 32 values, f64 across blocks.

/** Sum of the four lanes in f64, pairwise. */
function lanesToF64(v: v128): f64 {
  const low = f64x2.promote_low_f32x4(v);
  const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  const pair = f64x2.add(low, high);
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

/** Sum of squares of `count` values. */
export function sumOfSquares(count: i32, x: usize): f64 {
  let total = f64x2.splat(0);
  let i = 0;
  for (; i + 32 <= count; i += 32) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    let s = f32x4.mul(a, a);
    let t = f32x4.mul(b, b);
    const c = v128.load(x, 32);
    const d = v128.load(x, 48);
    s = f32x4.add(s, f32x4.mul(c, c));
    t = f32x4.add(t, f32x4.mul(d, d));
    const e = v128.load(x, 64);
    const f = v128.load(x, 80);
    s = f32x4.add(s, f32x4.mul(e, e));
    t = f32x4.add(t, f32x4.mul(f, f));
    const g = v128.load(x, 96);
    const h = v128.load(x, 112);
    s = f32x4.add(s, f32x4.mul(g, g));
    t = f32x4.add(t, f32x4.mul(h, h));
    s = f32x4.add(s, t);
    total = f64x2.add(total, f64x2.promote_low_f32x4(s));
    s = v128.shuffle<f32>(s, s, 2, 3, 0, 1);
    total = f64x2.add(total, f64x2.promote_low_f32x4(s));
    x += 128;
  }
  let sum = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
  let rest = f32x4.splat(0);
  for (; i + 4 <= count; i += 4) {
    const a = v128.load(x);
    rest = f32x4.add(rest, f32x4.mul(a, a));
    x += 16;
  }
  sum += lanesToF64(rest);
  for (; i < count; ++i) {
    const value = <f64>load<f32>(x);
    sum += value * value;
    x += 4;
  }
  return sum;
}

/** Inner product of two vectors. */
export function innerProduct(count: i32, x: usize, y: usize): f64 {
  let sum: f64 = 0;
  let i = 0;
  while (i + 4 <= count) {
    const stop = min(i + 32, count & ~3);
    let s = f32x4.splat(0);
    for (; i < stop; i += 4) {
      s = f32x4.add(s, f32x4.mul(v128.load(x), v128.load(y)));
      x += 16;
      y += 16;
    }
    sum += lanesToF64(s);
  }
  for (; i < count; ++i) {
    sum += <f64>load<f32>(x) * <f64>load<f32>(y);
    x += 4;
    y += 4;
  }
  return sum;
}

/** y += x, returning the sum of squares of x (one pass over a sequence's gradient). */
export function addAndMeasure(count: i32, x: usize, y: usize): f64 {
  let total = f64x2.splat(0);
  let i = 0;
  while (i + 4 <= count) {
    const stop = min(i + 32, count & ~3);
    let s = f32x4.splat(0);
    for (; i < stop; i += 4) {
      const a = v128.load(x);
      v128.store(y, f32x4.add(v128.load(y), a));
      s = f32x4.add(s, f32x4.mul(a, a));
      x += 16;
      y += 16;
    }
    total = f64x2.add(total, f64x2.promote_low_f32x4(s));
    s = v128.shuffle<f32>(s, s, 2, 3, 0, 1);
    total = f64x2.add(total, f64x2.promote_low_f32x4(s));
  }
  let sum = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
  for (; i < count; ++i) {
    const value = load<f32>(x);
    store<f32>(y, load<f32>(y) + value);
    sum += <f64>value * <f64>value;
    x += 4;
    y += 4;
  }
  return sum;
}

/** y[j] (+)= sum over rows of x[row, j]: the gradient of a bias. */
export function columnSums(
  rows: i32,
  columns: i32,
  x: usize,
  ldx: i32,
  y: usize,
  accumulate: bool,
): void {
  const stride = (<usize>ldx) << 2;
  let j = 0;
  for (; j + 4 <= columns; j += 4) {
    let from = x + ((<usize>j) << 2);
    const to = y + ((<usize>j) << 2);
    let sum = accumulate ? v128.load(to) : f32x4.splat(0);
    for (let i = 0; i < rows; ++i) {
      sum = f32x4.add(sum, v128.load(from));
      from += stride;
    }
    v128.store(to, sum);
  }
  for (; j < columns; ++j) {
    let from = x + ((<usize>j) << 2);
    const to = y + ((<usize>j) << 2);
    let sum: f32 = accumulate ? load<f32>(to) : 0;
    for (let i = 0; i < rows; ++i) {
      sum += load<f32>(from);
      from += stride;
    }
    store<f32>(to, sum);
  }
}

/** y += x for `count` values. */
export function addInto(count: i32, x: usize, y: usize): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(y, f32x4.add(v128.load(y), v128.load(x)));
    x += 16;
    y += 16;
  }
  for (; i < count; ++i) {
    store<f32>(y, load<f32>(y) + load<f32>(x));
    x += 4;
    y += 4;
  }
}
