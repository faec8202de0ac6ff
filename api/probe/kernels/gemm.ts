import { packContiguous, packTransposed } from "./pack";
import { outerProduct, rowTimesMatrix, rowTimesTransposed, storeLanes } from "./single-row";
import { tilePacked, tileStrided } from "./tile";

// Block sizes: a packed block of B (256 x 512) fits the second-level cache, a panel of A and a panel
// of B (256 deep) fit the first.
export const DEPTH_BLOCK: i32 = 256;
export const COLUMN_BLOCK: i32 = 512;
export const ROW_BLOCK: i32 = 64;
/** Below this many rows packing B costs more than reading it where it stands. */
export const PACK_ROWS: i32 = 24;

let multiplyAdds: f64 = 0;

/** Multiply-adds of all matrix products since the last reset. */
export function executedMultiplyAdds(): f64 {
  return multiplyAdds;
}

/** Sets the counter of multiply-adds to zero. */
export function resetMultiplyAdds(): void {
  multiplyAdds = 0;
}

/** Adds to the counter of multiply-adds (for products done outside the GEMM). */
export function countMultiplyAdds(count: f64): void {
  multiplyAdds += count;
}

/** Bytes of scratch a GEMM needs: one packed block of A, one of B, one edge tile. */
export function gemmWorkBytes(): i32 {
  return ((ROW_BLOCK + COLUMN_BLOCK + 8) * DEPTH_BLOCK + 64) << 2;
}

/**
 * C = A B or C += A B with A [m, k] and B [k, n] row-major (leading dimensions in elements).
 *
 * The order of the sums depends on m, n and k alone; a NaN or an infinity reaches every sum it is part of.
 */
export function gemmNN(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  lda: i32,
  b: usize,
  ldb: i32,
  c: usize,
  ldc: i32,
  accumulate: bool,
  work: usize,
): void {
  multiplyAdds += <f64>m * <f64>n * <f64>k;
  if (prepareEmpty(m, n, k, c, ldc, accumulate)) return;
  if (m < 4) {
    for (let i = 0; i < m; ++i) {
      const row = (<usize>i) << 2;
      rowTimesMatrix(n, k, a + row * <usize>lda, b, ldb, c + row * <usize>ldc, accumulate);
    }
    return;
  }
  blocked(0, m, n, k, a, lda, b, ldb, c, ldc, accumulate, work);
}

/** C = A B' or C += A B' with A [m, k] and B [n, k] row-major. */
export function gemmNT(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  lda: i32,
  b: usize,
  ldb: i32,
  c: usize,
  ldc: i32,
  accumulate: bool,
  work: usize,
): void {
  multiplyAdds += <f64>m * <f64>n * <f64>k;
  if (prepareEmpty(m, n, k, c, ldc, accumulate)) return;
  if (m < 4) {
    for (let i = 0; i < m; ++i) {
      const row = (<usize>i) << 2;
      rowTimesTransposed(n, k, a + row * <usize>lda, b, ldb, c + row * <usize>ldc, accumulate);
    }
    return;
  }
  blocked(1, m, n, k, a, lda, b, ldb, c, ldc, accumulate, work);
}

/** C = A' B or C += A' B with A [k, m] and B [k, n] row-major. */
export function gemmTN(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  lda: i32,
  b: usize,
  ldb: i32,
  c: usize,
  ldc: i32,
  accumulate: bool,
  work: usize,
): void {
  multiplyAdds += <f64>m * <f64>n * <f64>k;
  if (prepareEmpty(m, n, k, c, ldc, accumulate)) return;
  if (k === 1) {
    outerProduct(m, n, a, b, c, ldc, accumulate);
    return;
  }
  if (k < PACK_ROWS) {
    tiles(m, n, k, a, (<usize>lda) << 2, 16, b, (<usize>ldb) << 2, 32, c, ldc, accumulate, work);
    return;
  }
  blocked(2, m, n, k, a, lda, b, ldb, c, ldc, accumulate, work);
}

function prepareEmpty(m: i32, n: i32, k: i32, c: usize, ldc: i32, accumulate: bool): bool {
  if (m <= 0 || n <= 0) return true;
  if (k > 0) return false;
  if (!accumulate) {
    for (let i = 0; i < m; ++i) memory.fill(c + ((<usize>(i * ldc)) << 2), 0, (<usize>n) << 2);
  }
  return true;
}

// Layout 0: A and B as they stand, 1: B transposed, 2: A transposed.
function blocked(
  layout: i32,
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  lda: i32,
  b: usize,
  ldb: i32,
  c: usize,
  ldc: i32,
  accumulate: bool,
  work: usize,
): void {
  const ldbBytes = (<usize>ldb) << 2;
  const packedB = work + 256 + ((ROW_BLOCK * DEPTH_BLOCK) << 2);
  const direct = layout === 0 && m < PACK_ROWS;
  for (let k0 = 0; k0 < k; k0 += DEPTH_BLOCK) {
    const depth = min(DEPTH_BLOCK, k - k0);
    const add = accumulate || k0 > 0;
    for (let j0 = 0; j0 < n; j0 += COLUMN_BLOCK) {
      const columns = min(COLUMN_BLOCK, n - j0);
      let from = at(b, k0, ldbBytes, j0);
      if (!direct) {
        packB(layout, b, ldbBytes, j0, columns, k0, depth, packedB);
        from = packedB;
      }
      const to = c + ((<usize>j0) << 2);
      const step = direct ? ldbBytes : 0;
      rowBlocks(layout === 2, m, columns, depth, a, lda, k0, from, step, to, ldc, add, work);
    }
  }
}

function packB(
  layout: i32,
  b: usize,
  stride: usize,
  j0: i32,
  columns: i32,
  k0: i32,
  depth: i32,
  packed: usize,
): void {
  if (layout === 1) packTransposed(8, columns, depth, at(b, j0, stride, k0), stride, packed);
  else packContiguous(8, columns, depth, at(b, k0, stride, j0), stride, packed);
}

// One block of B against all rows of A; `bStep` is 0 when B is packed.
function rowBlocks(
  transposed: bool,
  m: i32,
  columns: i32,
  depth: i32,
  a: usize,
  lda: i32,
  k0: i32,
  b: usize,
  bStep: usize,
  c: usize,
  ldc: i32,
  add: bool,
  work: usize,
): void {
  const stride = (<usize>lda) << 2;
  const packed = work + 256;
  const panel = (<usize>depth) << 4;
  for (let i0 = 0; i0 < m; i0 += ROW_BLOCK) {
    const rows = min(ROW_BLOCK, m - i0);
    if (transposed) packContiguous(4, rows, depth, at(a, k0, stride, i0), stride, packed);
    else packTransposed(4, rows, depth, at(a, i0, stride, k0), stride, packed);
    const to = at(c, i0, (<usize>ldc) << 2, 0);
    if (bStep === 0) packedTiles(rows, columns, depth, packed, b, to, ldc, add, work);
    else tiles(rows, columns, depth, packed, 16, panel, b, bStep, 32, to, ldc, add, work);
  }
}

function at(base: usize, row: i32, strideBytes: usize, column: i32): usize {
  return base + <usize>row * strideBytes + ((<usize>column) << 2);
}

function packedTiles(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  ldc: i32,
  accumulate: bool,
  edge: usize,
): void {
  const ldcBytes = (<usize>ldc) << 2;
  const panelA = (<usize>depth) << 4;
  for (let j = 0; j < columns; j += 8) {
    const panelB = b + <usize>(j >> 3) * (panelA << 1);
    let fromA = a;
    for (let i = 0; i < rows; i += 4) {
      const to = c + <usize>i * ldcBytes + ((<usize>j) << 2);
      if (i + 4 <= rows && j + 8 <= columns) {
        tilePacked(depth, fromA, panelB, to, ldcBytes, accumulate);
      } else {
        tilePacked(depth, fromA, panelB, edge, 32, false);
        copyEdge(min(4, rows - i), min(8, columns - j), edge, to, ldcBytes, accumulate);
      }
      fromA += panelA;
    }
  }
}

function tiles(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  aStep: usize,
  aPanel: usize,
  b: usize,
  bStep: usize,
  bPanel: usize,
  c: usize,
  ldc: i32,
  accumulate: bool,
  edge: usize,
): void {
  const ldcBytes = (<usize>ldc) << 2;
  // Eight columns of B stay in the first-level cache while all rows of A pass.
  for (let j = 0; j < columns; j += 8) {
    let fromA = a;
    for (let i = 0; i < rows; i += 4) {
      const to = c + <usize>i * ldcBytes + ((<usize>j) << 2);
      if (i + 4 <= rows && j + 8 <= columns) {
        tileStrided(depth, fromA, aStep, b, bStep, to, ldcBytes, accumulate);
      } else {
        // Reads past the last row or column stay inside the padded buffers; those lanes are dropped.
        tileStrided(depth, fromA, aStep, b, bStep, edge, 32, false);
        copyEdge(min(4, rows - i), min(8, columns - j), edge, to, ldcBytes, accumulate);
      }
      fromA += aPanel;
    }
    b += bPanel;
  }
}

function copyEdge(
  rows: i32,
  columns: i32,
  edge: usize,
  c: usize,
  ldcBytes: usize,
  accumulate: bool,
): void {
  for (let i = 0; i < rows; ++i) {
    let j = 0;
    if (columns >= 4) {
      storeLanes(4, c, v128.load(edge), accumulate);
      j = 4;
    }
    for (; j < columns; ++j) {
      const at = (<usize>j) << 2;
      const value = load<f32>(edge + at);
      store<f32>(c + at, accumulate ? load<f32>(c + at) + value : value);
    }
    edge += 32;
    c += ldcBytes;
  }
}
