import { describe, expect, it } from "vitest";
import { fillRandomIndices, philoxInPlace } from "../../api/numerics/random.ts";
import known from "../vectors/philox4x32.json";

const number = (hex: string) => Number.parseInt(hex, 16);

describe("philoxInPlace", () => {
  it.each(known.rows)("gives the published block for counter $inputs.counter", (row) => {
    const block = Uint32Array.from(row.inputs.counter, number);
    const [first, second] = row.inputs.key.map(number);
    philoxInPlace(block, [first!, second!]);
    expect([...block].map((word) => word.toString(16).padStart(8, "0"))).toEqual(row.expected);
  });
});

describe("fillRandomIndices", () => {
  const drawn = (length: number, bound: number, seed: number, list: number) => {
    const target = new Uint32Array(length);
    fillRandomIndices(target, bound, seed, list);
    return [...target];
  };

  it("draws every index about equally often", () => {
    const counts = new Array<number>(10).fill(0);
    for (const index of drawn(100_000, 10, 1, 0)) counts[index]! += 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    // 0.999 quantile of chi-square with 9 degrees of freedom, any table.
    expect(chiSquare).toBeLessThan(27.88);
  });

  it("gives the same list again, another for another seed or list, and a longer one that starts the same", () => {
    expect(drawn(50, 1000, 7, 3)).toEqual(drawn(50, 1000, 7, 3));
    expect(drawn(50, 1000, 7, 3)).not.toEqual(drawn(50, 1000, 8, 3));
    expect(drawn(50, 1000, 7, 3)).not.toEqual(drawn(50, 1000, 7, 4));
    expect(drawn(51, 1000, 7, 3).slice(0, 50)).toEqual(drawn(50, 1000, 7, 3));
  });

  it("stays below its bound, down to 1", () => {
    expect(new Set(drawn(100, 1, 5, 0))).toEqual(new Set([0]));
    for (const index of drawn(1000, 3, 5, 0)) expect(index).toBeLessThan(3);
  });
});
