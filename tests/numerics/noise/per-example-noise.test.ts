import { describe, expect, it } from "vitest";
import { measureNoiseScale } from "../../../api/numerics/noise/measure-noise-scale.ts";
import type { PerExampleObservation } from "../../../api/numerics/noise/observation.ts";
import { seededRandom } from "../../proofs/random.ts";
import { measured, OPTIONS, reasonOf } from "./measured.ts";

describe("single examples", () => {
  function exampleSteps(
    steps: number,
    count: number,
    dimension: number,
    mean: number,
    seed: number,
  ) {
    const random = seededRandom(seed);
    return Array.from({ length: steps }, (_, step): PerExampleObservation => {
      const gradients = Array.from({ length: count }, () =>
        Float64Array.from({ length: dimension }, () => mean + random.normal()),
      );
      const batch = new Float64Array(dimension);
      for (const gradient of gradients) {
        for (let j = 0; j < dimension; j++) batch[j]! += gradient[j]! / count;
      }
      const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, j) => sum + x * b[j]!, 0);
      return {
        step,
        reporter: "0",
        group: "all",
        exampleGradSqNorms: gradients.map((gradient) => dot(gradient, gradient)),
        exampleGradDots: gradients.map((gradient) => dot(gradient, batch)),
        bigBatchGradSqNorm: dot(batch, batch),
      };
    });
  }

  it("of one step with dot products are enough for an interval", () => {
    const answer = measured(exampleSteps(1, 128, 20, 0.5, 1));
    expect(answer.spread).toEqual({ between: "examples", examples: 128 });
    if (answer.whole.bSimple.status !== "resolved") throw new Error("unresolved");
    expect(answer.whole.bSimple.lower).toBeLessThan(4);
    expect(answer.whole.bSimple.upper).toBeGreaterThan(4);
  });

  it.each([0.05, 0.5])(
    "give intervals from one step that hold the truth as often as they say (mean %d)",
    (mean) => {
      const truth = 1 / mean ** 2;
      const resolved = Array.from({ length: 150 }, (_, i) => exampleSteps(1, 64, 20, mean, 500 + i))
        .map((step) => measured(step, { level: 0.8 }).whole.bSimple)
        .filter((bSimple) => bSimple.status === "resolved");
      const covered = resolved.filter(
        ({ lower, upper }) => lower <= truth && truth <= upper,
      ).length;
      // Two-sided 99 % binomial limit below 0.8 for the number resolved.
      const least = 0.8 - 2.6 * Math.sqrt(0.16 / Math.max(1, resolved.length));
      expect(covered).toBeGreaterThanOrEqual(least * resolved.length);
    },
  );

  it("of one step without dot products are insufficient", () => {
    const [{ exampleGradDots: _dots, ...bare }] = exampleSteps(1, 64, 20, 0.5, 2) as [
      PerExampleObservation,
    ];
    expect(reasonOf(measureNoiseScale([bare], OPTIONS))).toBe("single-block");
  });

  it("of many steps are compared between steps", () => {
    const answer = measured(exampleSteps(12, 32, 20, 0.5, 3));
    expect(answer.spread).toMatchObject({ between: "blocks", blocks: 12 });
  });

  it("equal two batches of sizes one and n", () => {
    const steps = exampleSteps(12, 32, 20, 0.5, 4);
    const asTwoBatch = steps.map((o) => ({
      step: o.step,
      reporter: "0",
      group: "all",
      smallBatch: 1,
      bigBatch: 32,
      smallBatchGradSqNorm: o.exampleGradSqNorms.reduce((sum, x) => sum + x, 0) / 32,
      bigBatchGradSqNorm: o.bigBatchGradSqNorm,
      smallBatchCount: 32,
    }));
    expect(measured(steps).whole).toEqual(measured(asTwoBatch).whole);
  });

  it("reduced as gradients of the mean loss are scaled back by microGradScale 1/n", () => {
    const steps = exampleSteps(12, 32, 20, 0.5, 5);
    const scaled = steps.map((o) => ({
      ...o,
      exampleGradSqNorms: o.exampleGradSqNorms.map((norm) => norm / 32 ** 2),
      exampleGradDots: o.exampleGradDots!.map((dot) => dot / 32),
    }));
    expect(measured(scaled, { microGradScale: 1 / 32 }).whole).toEqual(measured(steps).whole);
  });

  it("need as many dot products as norms", () => {
    const [step] = exampleSteps(1, 8, 4, 0.5, 6);
    const short = { ...step!, exampleGradDots: [1, 2] };
    expect(() => measureNoiseScale([short], OPTIONS)).toThrow(/exampleGradDots/);
  });
});
