// Products with one row, too small for tiles: bound by how fast the matrix is read or written.

/** y = x B or y += x B with B [k, n]. */
export function rowTimesMatrix(
  n: i32,
  k: i32,
  x: usize,
  b: usize,
  ldb: i32,
  y: usize,
  accumulate: bool,
): void {
  const ldbBytes = (<usize>ldb) << 2;
  let j = 0;
  for (; j + 32 <= n; j += 32) {
    const at = (<usize>j) << 2;
    rowTimes32(k, x, b + at, ldbBytes, y + at, accumulate);
  }
  for (; j < n; j += 4) {
    const at = (<usize>j) << 2;
    let sum = f32x4.splat(0);
    let from = b + at;
    for (let i = 0; i < k; ++i) {
      const value = v128.load32_splat(x + ((<usize>i) << 2));
      sum = f32x4.add(sum, f32x4.mul(value, v128.load(from)));
      from += ldbBytes;
    }
    storeLanes(min(4, n - j), y + at, sum, accumulate);
  }
}

function rowTimes32(k: i32, x: usize, b: usize, ldbBytes: usize, y: usize, accumulate: bool): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  for (let i = 0; i < k; ++i) {
    const value = v128.load32_splat(x);
    s0 = f32x4.add(s0, f32x4.mul(value, v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(value, v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(value, v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(value, v128.load(b, 48)));
    s4 = f32x4.add(s4, f32x4.mul(value, v128.load(b, 64)));
    s5 = f32x4.add(s5, f32x4.mul(value, v128.load(b, 80)));
    s6 = f32x4.add(s6, f32x4.mul(value, v128.load(b, 96)));
    s7 = f32x4.add(s7, f32x4.mul(value, v128.load(b, 112)));
    x += 4;
    b += ldbBytes;
  }
  storeLanes(4, y, s0, accumulate);
  storeLanes(4, y + 16, s1, accumulate);
  storeLanes(4, y + 32, s2, accumulate);
  storeLanes(4, y + 48, s3, accumulate);
  storeLanes(4, y + 64, s4, accumulate);
  storeLanes(4, y + 80, s5, accumulate);
  storeLanes(4, y + 96, s6, accumulate);
  storeLanes(4, y + 112, s7, accumulate);
}

/** Writes or adds the first `lanes` values of a vector. */
export function storeLanes(lanes: i32, y: usize, value: v128, accumulate: bool): void {
  if (lanes === 4) {
    v128.store(y, accumulate ? f32x4.add(value, v128.load(y)) : value);
    return;
  }
  for (let i = 0; i < lanes; ++i) {
    const lane = f32x4.extract_lane(value, 0);
    store<f32>(y, accumulate ? load<f32>(y) + lane : lane);
    value = v128.shuffle<f32>(value, value, 1, 2, 3, 0);
    y += 4;
  }
}

/** y = x B' or y += x B' with B [n, k]. */
export function rowTimesTransposed(
  n: i32,
  k: i32,
  x: usize,
  b: usize,
  ldb: i32,
  y: usize,
  accumulate: bool,
): void {
  for (let j = 0; j < n; ++j) {
    const value = dot(k, x, b);
    store<f32>(y, accumulate ? load<f32>(y) + value : value);
    y += 4;
    b += (<usize>ldb) << 2;
  }
}

function dot(k: i32, x: usize, y: usize): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let i = 0;
  for (; i + 8 <= k; i += 8) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(x), v128.load(y)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(x, 16), v128.load(y, 16)));
    x += 32;
    y += 32;
  }
  s0 = f32x4.add(s0, s1);
  s0 = f32x4.add(s0, v128.shuffle<f32>(s0, s0, 2, 3, 0, 1));
  let sum = f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1);
  for (; i < k; ++i) {
    sum += load<f32>(x) * load<f32>(y);
    x += 4;
    y += 4;
  }
  return sum;
}

// c = value * y in whole groups of 16; returns how many were written.
function scaledRow(n: i32, value: v128, y: usize, c: usize): i32 {
  const whole = n & ~15;
  for (let j = 0; j < whole; j += 16) {
    v128.store(c, f32x4.mul(value, v128.load(y)));
    v128.store(c, f32x4.mul(value, v128.load(y, 16)), 16);
    v128.store(c, f32x4.mul(value, v128.load(y, 32)), 32);
    v128.store(c, f32x4.mul(value, v128.load(y, 48)), 48);
    y += 64;
    c += 64;
  }
  return whole;
}

/** C = x' y or C += x' y with x [m] and y [n]. */
export function outerProduct(
  m: i32,
  n: i32,
  x: usize,
  y: usize,
  c: usize,
  ldc: i32,
  accumulate: bool,
): void {
  for (let i = 0; i < m; ++i) {
    const value = v128.load32_splat(x + ((<usize>i) << 2));
    let j = accumulate ? 0 : scaledRow(n, value, y, c);
    for (; j + 4 <= n; j += 4) {
      const at = (<usize>j) << 2;
      const product = f32x4.mul(value, v128.load(y + at));
      v128.store(c + at, accumulate ? f32x4.add(product, v128.load(c + at)) : product);
    }
    for (; j < n; ++j) {
      const at = (<usize>j) << 2;
      const product = f32x4.extract_lane(value, 0) * load<f32>(y + at);
      store<f32>(c + at, accumulate ? load<f32>(c + at) + product : product);
    }
    c += (<usize>ldc) << 2;
  }
}
