import { describe, expect, it } from "vitest";
import { kernels } from "./fixtures.ts";

type Gemm = (
  m: number,
  n: number,
  k: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  c: number,
  ldc: number,
  accumulate: boolean,
  work: number,
) => void;
type Kernels = {
  readonly memory: WebAssembly.Memory;
  readonly gemmNN: Gemm;
  readonly gemmNT: Gemm;
  readonly gemmTN: Gemm;
  firstFreeAddress(): number;
  gemmWorkBytes(): number;
  executedMultiplyAdds(): number;
  resetMultiplyAdds(): void;
  sumOfSquares(count: number, x: number): number;
};
const exported = kernels() as unknown as Kernels;
exported.memory.grow(200);
const start = (exported.firstFreeAddress() + 63) & ~63;
const BLOCK = 2 << 20;
const [a, b, c, work] = [0, 1, 2, 3].map((i) => start + i * BLOCK) as [
  number,
  number,
  number,
  number,
];
const floats = (address: number, count: number) =>
  new Float32Array(exported.memory.buffer, address, count);

const LAYOUTS = [
  ["NN", exported.gemmNN, false, false],
  ["NT", exported.gemmNT, false, true],
  ["TN", exported.gemmTN, true, false],
] as const;
const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 23, 24, 25, 33];

// Largest |C - AB| over sum |a||b|, and whether anything outside C was written.
function errorOf(
  layout: (typeof LAYOUTS)[number],
  [m, n, k]: readonly [number, number, number],
  pad: number,
  accumulate: boolean,
): number {
  const [, gemm, transposeA, transposeB] = layout;
  const lda = (transposeA ? m : k) + pad;
  const ldb = (transposeB ? k : n) + pad;
  const ldc = n + pad;
  const A = fillSine(a, (transposeA ? k : m) * lda + 64, m);
  const B = fillSine(b, (transposeB ? n : k) * ldb + 64, n + 0.5);
  const C = floats(c, m * ldc + 64).fill(0.5);
  gemm(m, n, k, a, lda, b, ldb, c, ldc, accumulate, work);
  const rowOf = (p: number, i: number) => A[transposeA ? p * lda + i : i * lda + p]!;
  const columnOf = (p: number, j: number) => B[transposeB ? j * ldb + p : p * ldb + j]!;
  let worst = 0;
  for (let at = 0; at < m * n; at += 1) {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = accumulate ? 0.5 : 0;
    let size = 1;
    for (let p = 0; p < k; p += 1) {
      sum += rowOf(p, i) * columnOf(p, j);
      size += Math.abs(rowOf(p, i) * columnOf(p, j));
    }
    worst = Math.max(worst, Math.abs(C[i * ldc + j]! - sum) / size);
  }
  const outside = C.filter((_, i) => i >= m * ldc || i % ldc >= n);
  return outside.every((value) => value === 0.5) ? worst : Number.POSITIVE_INFINITY;
}

function fillSine(address: number, count: number, phase: number): Float32Array {
  const values = floats(address, count);
  for (let i = 0; i < count; i += 1) values[i] = Math.sin(i * 1.7 + phase);
  return values.slice();
}

function poisoned(
  [, gemm, transposeA, transposeB]: (typeof LAYOUTS)[number],
  [m, n, k]: readonly [number, number, number],
  poison: number,
): Float32Array {
  floats(a, m * k).fill(1);
  floats(b, n * k).fill(1);
  floats(a, 1)[0] = poison;
  gemm(m, n, k, a, transposeA ? m : k, b, transposeB ? k : n, c, n, false, work);
  return floats(c, m * n);
}

describe("matrix products", () => {
  for (const layout of LAYOUTS) {
    it(`${layout[0]} of every size from 0 to 33 and its tails are right to 4e-7 of sum |a b|, and write nothing else`, () => {
      for (const m of SIZES) {
        for (const n of SIZES) {
          for (const k of [0, 1, 2, 5, 8, 24, 31]) {
            const pad = (m + n + k) % 3;
            expect(errorOf(layout, [m, n, k], pad, (m + k) % 2 === 1)).toBeLessThan(4e-7);
          }
        }
      }
    });

    it(`${layout[0]} across the block sizes 64, 256 and 512 is right to 1e-6 of sum |a b|`, () => {
      for (const shape of [
        [65, 513, 257],
        [3, 515, 300],
        [129, 9, 513],
        [70, 20, 256],
      ] as const) {
        expect(errorOf(layout, shape, 1, false)).toBeLessThan(1e-6);
        expect(errorOf(layout, shape, 0, true)).toBeLessThan(1e-6);
      }
    });

    it(`${layout[0]} lets NaN and infinity through to every sum they are part of`, () => {
      for (const [m, n, k] of [
        [1, 5, 3],
        [8, 8, 30],
        [26, 11, 40],
      ] as const) {
        for (const poison of [Number.NaN, Number.POSITIVE_INFINITY]) {
          const C = poisoned(layout, [m, n, k], poison);
          expect(C.subarray(0, n).every((value) => Object.is(value, poison))).toBe(true);
          expect(C.subarray(n).every((value) => value === k)).toBe(true);
        }
      }
    });
  }

  it("counts their multiply-adds", () => {
    exported.resetMultiplyAdds();
    exported.gemmNN(5, 7, 11, a, 11, b, 7, c, 7, false, work);
    exported.gemmTN(3, 2, 10, a, 3, b, 2, c, 2, true, work);
    expect(exported.executedMultiplyAdds()).toBe(5 * 7 * 11 + 3 * 2 * 10);
  });

  it("sums of squares are right to 2e-7 for every length up to 200", () => {
    const x = floats(a, 200).map((_, i) => Math.sin(i) * 3);
    floats(a, 200).set(x);
    let exact = 0;
    for (let count = 0; count <= 200; count += 1) {
      expect(Math.abs(exported.sumOfSquares(count, a) - exact)).toBeLessThanOrEqual(2e-7 * exact);
      exact += x[count]! ** 2;
    }
  });
});
