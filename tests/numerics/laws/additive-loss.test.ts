import { describe, expect, it } from "vitest";
import { additiveLossNats } from "../../../api/numerics/laws/additive-loss.ts";
import { besiroglu2024Constants } from "../../../api/numerics/laws/besiroglu2024.ts";
import { findLaw } from "../../../api/numerics/laws/catalogue.ts";
import { evaluateQuantity } from "../../../api/numerics/laws/evaluate-law.ts";
import { hoffmann2022Constants } from "../../../api/numerics/laws/hoffmann2022-approach3.ts";
import type { LawQuantity } from "../../../api/numerics/laws/law.ts";
import { runVectors } from "../../vectors/run-vectors.ts";
import exponents from "../../vectors/scaling-exponents.json";

function optimum(lawId: string, quantity: LawQuantity, trainingFlops: number): number {
  const law = findLaw(lawId);
  const prediction = law && evaluateQuantity(law, quantity, { trainingFlops });
  if (prediction?.status !== "ok") throw new Error(`${lawId} gives no ${quantity}`);
  return prediction.value;
}

describe("exponents of the compute-optimal size and tokens", () => {
  runVectors(exponents, ({ lawId }) => ({
    params:
      Math.log(optimum(lawId, "totalParams", 1e21) / optimum(lawId, "totalParams", 1e20)) /
      Math.LN10,
    tokens:
      Math.log(optimum(lawId, "trainingTokens", 1e21) / optimum(lawId, "trainingTokens", 1e20)) /
      Math.LN10,
  }));
});

describe("the compute-optimal size", () => {
  it.each([
    ["besiroglu2024", besiroglu2024Constants],
    ["hoffmann2022-approach3", hoffmann2022Constants],
  ] as const)("of %s has a lower loss than its neighbours at equal compute", (lawId, constants) => {
    for (const trainingFlops of [1e18, 1e21, 1e25]) {
      const N = optimum(lawId, "totalParams", trainingFlops);
      const lossAt = (params: number) =>
        additiveLossNats(constants, params, trainingFlops / (6 * params));
      expect(lossAt(N)).toBeLessThan(lossAt(N * 1.01));
      expect(lossAt(N)).toBeLessThan(lossAt(N / 1.01));
      expect(lossAt(N)).toBe(optimum(lawId, "lossNats", trainingFlops));
    }
  });

  it("of the printed rounding of approach 3 has half the parameters at 5.76e23 FLOPs: never shipped", () => {
    // arXiv:2203.15556, eq. (10) as printed.
    const [A, G, alpha, beta] = [406.4, 410.7, 0.34, 0.28];
    const balance = (alpha * A) / (beta * G);
    const rounded = balance ** (1 / (alpha + beta)) * (5.76e23 / 6) ** (beta / (alpha + beta));
    expect(rounded).toBeCloseTo(3.219e10, -7);
    expect(rounded / optimum("besiroglu2024", "totalParams", 5.76e23)).toBeLessThan(0.5);
  });
});
