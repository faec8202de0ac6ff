import { describe, expect, it } from "vitest";
import { fillNormal, permutedIndex, philox, uniformAt } from "../../api/probe/random.ts";
import { kernels } from "./fixtures.ts";

type Draws = {
  readonly memory: WebAssembly.Memory;
  firstFreeAddress(): number;
  philoxBlock(seed: number, stream: number, index: number, step: number, out: number): void;
  permuted(index: number, count: number, seed: number, epoch: number): number;
};
const draws = kernels() as unknown as Draws;

describe("random numbers", () => {
  it("philox gives the words published for counter 0 and key 0", () => {
    const out = new Uint32Array(4);
    philox(0, 0, 0, 0, out);
    // Known-answer vector philox4x32 10 of the Random123 distribution (kat_vectors).
    expect([...out].map((word) => word.toString(16))).toEqual([
      "6627e8d5",
      "e169c58d",
      "bc57ac4c",
      "9b00dbd8",
    ]);
  });

  it("the kernels draw the same words, four counters at a time", () => {
    const address = (draws.firstFreeAddress() + 15) & ~15;
    draws.philoxBlock(0xdeadbeef | 0, 77, 4000000000 | 0, 12345, address);
    const lanes = new Uint32Array(draws.memory.buffer, address, 16);
    const out = new Uint32Array(4);
    for (let lane = 0; lane < 4; lane += 1) {
      philox(0xdeadbeef, 77, 4000000000 + lane, 12345, out);
      expect([0, 1, 2, 3].map((word) => lanes[4 * word + lane])).toEqual([...out]);
    }
  });

  it("the permutation is one for counts from 1 to 300, and the kernels use the same", () => {
    for (const count of [1, 2, 3, 4, 5, 16, 17, 255, 256, 257, 300]) {
      const seen = Array.from({ length: count }, (_, i) => permutedIndex(i, count, 9, 3));
      expect(new Set(seen).size).toBe(count);
      expect(Math.max(...seen)).toBe(count - 1);
      seen.forEach((value, i) => {
        expect(draws.permuted(i, count, 9, 3)).toBe(value);
      });
    }
  });

  it("positions of the permutation are even: every value stands first about equally often", () => {
    const counts = new Float64Array(10);
    for (let seed = 0; seed < 5000; seed += 1) counts[permutedIndex(0, 10, seed, 0)]! += 1;
    const chi2 = counts.reduce((sum, c) => sum + (c - 500) ** 2 / 500, 0);
    // 99.9 % point of chi-squared with 9 degrees of freedom.
    expect(chi2).toBeLessThan(27.88);
  });

  it("normal numbers have mean 0, variance 1, kurtosis 3 and no correlation between neighbours", () => {
    const x = new Float64Array(200001);
    fillNormal(x, 4, 2, 1);
    const mean = (f: (value: number, i: number) => number): number =>
      x.reduce((sum, value, i) => sum + f(value, i), 0) / x.length;
    expect(Math.abs(mean((v) => v))).toBeLessThan(0.01);
    expect(Math.abs(mean((v) => v * v) - 1)).toBeLessThan(0.015);
    expect(Math.abs(mean((v) => v ** 4) - 3)).toBeLessThan(0.12);
    expect(Math.abs(mean((v, i) => v * (x[i + 1] ?? 0)))).toBeLessThan(0.01);
  });

  it("uniform numbers of two streams are not correlated", () => {
    let sum = 0;
    for (let i = 0; i < 50000; i += 1)
      sum += (uniformAt(1, 1, i) - 0.5) * (uniformAt(1, 2, i) - 0.5);
    expect(Math.abs(sum / 50000)).toBeLessThan(0.0015);
  });
});
