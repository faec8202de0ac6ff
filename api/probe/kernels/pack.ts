// Packing puts the operands of a GEMM into the order in which the 4x8 tile reads them: one group of
// `width` values (4 rows of A, 8 columns of B) for every k. Missing rows and columns become zeros.

/**
 * Packs panels whose `width` values are neighbours in memory for a fixed k (A of TN, B of NN).
 *
 * @param src - address of element (k = 0, i = 0).
 * @param strideBytes - distance from k to k + 1.
 */
export function packContiguous(
  width: i32,
  count: i32,
  depth: i32,
  src: usize,
  strideBytes: usize,
  dst: usize,
): void {
  for (let first = 0; first < count; first += width) {
    const base = src + ((<usize>first) << 2);
    const valid = min(width, count - first);
    if (valid === width) {
      packFullContiguous(width, depth, base, strideBytes, dst);
    } else {
      packPartialContiguous(width, valid, depth, base, strideBytes, dst);
    }
    dst += (<usize>(depth * width)) << 2;
  }
}

function packPartialContiguous(
  width: i32,
  valid: i32,
  depth: i32,
  src: usize,
  strideBytes: usize,
  dst: usize,
): void {
  for (let k = 0; k < depth; ++k) {
    for (let i = 0; i < width; ++i) {
      const at = (<usize>i) << 2;
      store<f32>(dst + at, i < valid ? load<f32>(src + at) : 0);
    }
    src += strideBytes;
    dst += (<usize>width) << 2;
  }
}

function packFullContiguous(
  width: i32,
  depth: i32,
  src: usize,
  strideBytes: usize,
  dst: usize,
): void {
  if (width === 8) {
    for (let k = 0; k < depth; ++k) {
      v128.store(dst, v128.load(src));
      v128.store(dst, v128.load(src, 16), 16);
      src += strideBytes;
      dst += 32;
    }
  } else {
    for (let k = 0; k < depth; ++k) {
      v128.store(dst, v128.load(src));
      src += strideBytes;
      dst += 16;
    }
  }
}

/**
 * Packs panels whose values for a fixed row or column are neighbours along k (A of NN, B of NT).
 *
 * @param src - address of element (i = 0, k = 0).
 * @param strideBytes - distance from i to i + 1.
 */
export function packTransposed(
  width: i32,
  count: i32,
  depth: i32,
  src: usize,
  strideBytes: usize,
  dst: usize,
): void {
  for (let first = 0; first < count; first += width) {
    const valid = min(width, count - first);
    const base = src + <usize>first * strideBytes;
    for (let quad = 0; quad < width; quad += 4) {
      const from = base + <usize>quad * strideBytes;
      const to = dst + ((<usize>quad) << 2);
      if (valid >= quad + 4) transposeQuad(depth, from, strideBytes, to, (<usize>width) << 2);
      else transposePartial(valid - quad, depth, from, strideBytes, to, (<usize>width) << 2);
    }
    dst += (<usize>(depth * width)) << 2;
  }
}

function transposeQuad(depth: i32, src: usize, stride: usize, dst: usize, step: usize): void {
  const row1 = src + stride;
  const row2 = row1 + stride;
  const row3 = row2 + stride;
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    const at = (<usize>k) << 2;
    const a = v128.load(src + at);
    const b = v128.load(row1 + at);
    const c = v128.load(row2 + at);
    const d = v128.load(row3 + at);
    const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(dst, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
    v128.store(dst + step, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7));
    v128.store(dst + 2 * step, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5));
    v128.store(dst + 3 * step, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7));
    dst += 4 * step;
  }
  for (; k < depth; ++k) {
    const at = (<usize>k) << 2;
    store<f32>(dst, load<f32>(src + at));
    store<f32>(dst, load<f32>(row1 + at), 4);
    store<f32>(dst, load<f32>(row2 + at), 8);
    store<f32>(dst, load<f32>(row3 + at), 12);
    dst += step;
  }
}

function transposePartial(
  valid: i32,
  depth: i32,
  src: usize,
  stride: usize,
  dst: usize,
  step: usize,
): void {
  for (let k = 0; k < depth; ++k) {
    for (let i = 0; i < 4; ++i) {
      const from = src + <usize>i * stride + ((<usize>k) << 2);
      store<f32>(dst + ((<usize>i) << 2), i < valid ? load<f32>(from) : 0);
    }
    dst += step;
  }
}
