import { describe, expect, it } from "vitest";
import { chooseBlockLength } from "../../../api/numerics/noise/block-length.ts";
import { withoutTrend } from "../../../api/numerics/noise/trend.ts";
import { type Random, seededRandom } from "../../proofs/random.ts";

function autoregression(correlation: number, count: number, random: Random): Float64Array {
  let value = random.normal();
  return Float64Array.from({ length: count }, () => {
    value = correlation * value + Math.sqrt(1 - correlation ** 2) * random.normal();
    return value;
  });
}

function medianLength(correlation: number, count: number): number {
  const random = seededRandom(Math.round(1000 * correlation) + count);
  const lengths = Array.from(
    { length: 100 },
    () => chooseBlockLength([autoregression(correlation, count, random)]).observations,
  );
  return lengths.sort((a, b) => a - b)[50]!;
}

describe("block length from measured autocorrelation", () => {
  it.each([8, 20, 60, 200, 1000])("is 1 for at least 95 of 100 white series of %i", (count) => {
    const random = seededRandom(count);
    let single = 0;
    for (let i = 0; i < 400; i++) {
      const series = [autoregression(0, count, random), autoregression(0, count, random)];
      const chosen = chooseBlockLength(series);
      if (chosen.observations === 1) single++;
      expect(chosen.varianceFactor >= 1).toBe(true);
    }
    expect(single / 400).toBeGreaterThanOrEqual(0.95);
  });

  it("grows with the correlation and with the number of observations", () => {
    const lengths = [0.3, 0.5, 0.8, 0.9].map((correlation) => medianLength(correlation, 1000));
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
    expect(lengths[0]).toBeGreaterThan(1);
    expect(medianLength(0.8, 1000)).toBeGreaterThan(medianLength(0.8, 100));
  });

  it("exceeds the correlation time where there are observations enough", () => {
    // AR(1) with 0.8: integrated autocorrelation time (1 + 0.8)/(1 - 0.8) = 9 observations.
    expect(medianLength(0.8, 1000)).toBeGreaterThan(9);
  });

  it("leaves at least five blocks", () => {
    for (const count of [8, 20, 61]) {
      const random = seededRandom(count);
      for (let i = 0; i < 50; i++) {
        const { observations } = chooseBlockLength([autoregression(0.95, count, random)]);
        expect(Math.ceil(count / observations)).toBeGreaterThanOrEqual(4);
      }
    }
  });

  it("finds correlation that hides under white noise once neighbours are averaged", () => {
    const random = seededRandom(99);
    let found = 0;
    for (let i = 0; i < 100; i++) {
      const slow = autoregression(0.95, 1000, random);
      const series = slow.map((value) => 0.4 * value + random.normal());
      if (chooseBlockLength([series]).observations > 10) found++;
    }
    expect(found).toBeGreaterThanOrEqual(90);
  });

  it("is 1 for a constant series and for fewer than eight observations", () => {
    expect(chooseBlockLength([new Float64Array(50).fill(0.1)]).observations).toBe(1);
    expect(chooseBlockLength([Float64Array.of(1, 2, 3, 4, 5, 6, 7)]).observations).toBe(1);
  });

  it("takes a drift for part of the run, not for correlation", () => {
    const random = seededRandom(4);
    const drifting = Float64Array.from({ length: 200 }, (_, i) => i / 20 + random.normal());
    expect(chooseBlockLength([drifting]).observations).toBe(1);
  });
});

describe("a drift", () => {
  it("up to the third degree is taken off where it is beyond doubt", () => {
    const random = seededRandom(6);
    const noise = Float64Array.from({ length: 100 }, () => 0.01 * random.normal());
    const series = noise.map((value, i) => value + i / 100 + (i / 100) ** 3);
    const left = withoutTrend(series);
    expect(Math.max(...left.map(Math.abs))).toBeLessThan(0.05);
  });

  it("is left alone where it is not", () => {
    const random = seededRandom(8);
    const noise = Float64Array.from({ length: 100 }, () => random.normal());
    expect(withoutTrend(noise)).toBe(noise);
  });
});
