import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outwardMaximum } from "../../../api/numerics/pooling/outward-maximum.ts";

const coordinate = fc.double({ min: -6, max: 6, noNaN: true });

/** Rises and falls in both coordinates. */
const hilly = ([x = 0, y = 0]: readonly number[]) => [
  Math.sin(2 * x) * Math.cos(y),
  Math.cos(x * y),
];

describe("the running maximum of a lattice", () => {
  it("never falls where no coordinate comes nearer the origin", () => {
    const largest = outwardMaximum(hilly);
    fc.assert(
      fc.property(coordinate, coordinate, fc.nat(), fc.nat(), (x, y, dx, dy) => {
        const further = [x + (Math.sign(x) * dx) / 2 ** 29, y + (Math.sign(y) * dy) / 2 ** 29];
        const after = largest(further);
        for (const [k, before] of largest([x, y]).entries()) {
          expect(after[k]).toBeGreaterThanOrEqual(before - 1e-12);
        }
      }),
      { seed: 51, numRuns: 500 },
    );
  });

  it("is what it is told at nodes of a quantity that rises outwards, and joins them by straight lines", () => {
    const largest = outwardMaximum(([x = 0, y = 0]) => [x * x + Math.abs(y)]);
    expect(largest([3, -2])).toEqual([11]);
    expect(largest([2.5, -2])).toEqual([8.5]);
    expect(largest([-0.25, 0.5])).toEqual([0.75]);
  });

  it("tells a node the largest of those before it, and asks for each once", () => {
    const asked: string[] = [];
    const largest = outwardMaximum(([x = 0, y = 0], atLeast) => {
      asked.push(`${x} ${y}: ${atLeast}`);
      return [x === 1 && y === 0 ? 7 : 1];
    });
    expect(largest([1, 1])).toEqual([7]);
    expect(largest([1, 1])).toEqual([7]);
    expect(asked.sort()).toEqual(["0 0: undefined", "0 1: 1", "1 0: 1", "1 1: 7"]);
  });

  it("asks for no node that the place does not lie between", () => {
    let asked = 0;
    const largest = outwardMaximum(() => [++asked]);
    largest([2, 0, 0]);
    expect(asked).toBe(3);
  });
});
