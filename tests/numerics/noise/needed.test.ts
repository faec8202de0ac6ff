import { describe, expect, it } from "vitest";
import { measureNoiseScale } from "../../../api/numerics/noise/measure-noise-scale.ts";
import { neededMeasurements, tokenEfficiency } from "../../../api/numerics/noise/needed.ts";
import { gaussianObservations, type NoiseWorld } from "../../proofs/noise-worlds.ts";
import { seededRandom } from "../../proofs/random.ts";
import efficiency from "../../vectors/mccandlish2018-efficiency.json" with { type: "json" };
import { runVectors } from "../../vectors/run-vectors.ts";

const WORLD: NoiseWorld = {
  observationCount: 200,
  dimension: 60,
  noiseScale: 2560,
  smallBatch: 8,
  bigBatch: 256,
};

function measure(world: NoiseWorld, seed: number) {
  const observations = gaussianObservations(world, seededRandom(seed));
  const options = { level: 0.8, reduction: "mean", microGradScale: 1 } as const;
  const answer = measureNoiseScale(observations, options);
  if (answer.status !== "measured") throw new Error(answer.reason);
  return answer;
}

/** Geometric mean half-width, as a fraction, of twenty measurements. */
function halfWidth(world: NoiseWorld): number {
  let logs = 0;
  for (let seed = 0; seed < 20; seed++) {
    const { bSimple } = measure(world, 100 + seed).whole;
    if (bSimple.status !== "resolved") throw new Error("unresolved");
    logs += Math.log(bSimple.upper / bSimple.lower) / 2 / 20;
  }
  return Math.expm1(logs);
}

describe("token efficiency", () => {
  runVectors(efficiency, ({ batch, noiseScale }) => ({
    efficiency: tokenEfficiency(batch, noiseScale),
  }));
});

describe("what is needed for +-20 %", () => {
  const { needed } = measure(WORLD, 1);

  it("observations: measuring so often gives about +-20 %", () => {
    const width = halfWidth({ ...WORLD, observationCount: needed.observations });
    expect(width).toBeGreaterThan(0.14);
    expect(width).toBeLessThan(0.28);
  });

  it("big batch: measuring at this one as often as before gives about +-20 %", () => {
    const noisy = { ...WORLD, noiseScale: 5120 };
    const asked = Array.from({ length: 21 }, (_, i) => measure(noisy, i).needed.bigBatch);
    const bigBatch = 8 * Math.ceil(asked.sort((a, b) => a - b)[10]! / 8);
    expect(bigBatch).toBeGreaterThan(256);
    const width = halfWidth({ ...noisy, bigBatch });
    expect(width).toBeGreaterThan(0.14);
    expect(width).toBeLessThan(0.28);
  });

  it("is at or below what there is once the interval is narrower", () => {
    const precise = measure({ ...WORLD, dimension: 1000, noiseScale: 256 }, 3);
    expect(precise.needed.observations).toBeLessThanOrEqual(200);
    expect(precise.needed.bigBatch).toBe(256);
  });

  it("grows with the level", () => {
    const { pair } = measure(WORLD, 4).whole;
    const design = { observations: 200, smallBatch: 8, bigBatch: 256 };
    const loose = neededMeasurements(pair, design, 0.5);
    const tight = neededMeasurements(pair, design, 0.99);
    expect(tight.observations).toBeGreaterThan(loose.observations);
    expect(tight.bigBatch).toBeGreaterThan(loose.bigBatch);
  });

  it("is a finite number when |G|^2 or tr(Sigma) came out negative or 0", () => {
    const covariance = { numerator: 0.01, cross: 0, denominator: 1 };
    const design = { observations: 10, smallBatch: 8, bigBatch: 256 };
    const negative = neededMeasurements(
      { numerator: 5, denominator: -2, covariance },
      design,
      0.8,
    )!;
    expect(negative.observations).toBeGreaterThan(10);
    expect(negative.bigBatch).toBeGreaterThan(256);
    expect(negative.bigBatch).toBeLessThan(1e9);
    for (const numerator of [-5, 0]) {
      const noTrace = neededMeasurements({ numerator, denominator: 1, covariance }, design, 0.8);
      expect(noTrace.observations).toBeGreaterThan(10);
      expect(noTrace.observations).toBeLessThanOrEqual(1e15);
    }
  });
});
