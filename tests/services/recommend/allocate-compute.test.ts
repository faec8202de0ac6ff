import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allocateCompute,
  flopsForParams,
  flopsForTokens,
} from "../../../api/services/recommend/allocate-compute.ts";
import vectors from "../../vectors/besiroglu2024.json" with { type: "json" };
import { logUniform } from "./requests.ts";

describe("the compute-optimal allocation", () => {
  const rows = vectors.rows.filter(
    (row) => "trainingFlops" in row.inputs && "totalParams" in row.expected,
  );

  it("is that of the published refit", () => {
    expect(rows.length).toBeGreaterThan(0);
    for (const { inputs, expected } of rows) {
      const { totalParams, trainingTokens } = allocateCompute(Number(inputs.trainingFlops));
      expect(totalParams.value / Number(expected.totalParams)).toBeCloseTo(1, 6);
      expect(trainingTokens.value / Number(expected.trainingTokens)).toBeCloseTo(1, 6);
    }
  });

  it("spends the whole budget, and its two inverses find the budget again", () => {
    fc.assert(
      fc.property(logUniform(1e6, 1e32), (flops) => {
        const { totalParams, trainingTokens } = allocateCompute(flops);
        expect((6 * totalParams.value * trainingTokens.value) / flops).toBeCloseTo(1, 9);
        expect(flopsForParams(totalParams.value) / flops).toBeCloseTo(1, 6);
        expect(flopsForTokens(trainingTokens.value) / flops).toBeCloseTo(1, 6);
      }),
      { seed: 55 },
    );
  });

  it("grows both with the budget, and less certainly outside the fitted range", () => {
    const [small, large] = [allocateCompute(1e20), allocateCompute(1e26)];
    expect(large.totalParams.value).toBeGreaterThan(small.totalParams.value);
    expect(large.trainingTokens.value).toBeGreaterThan(small.trainingTokens.value);
    expect(large.totalParams.sdLog).toBeGreaterThan(small.totalParams.sdLog);
  });
});
