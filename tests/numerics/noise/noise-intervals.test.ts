import { describe, expect, it } from "vitest";
import { type Coverage, proveBands, proveStressed, table } from "../../proofs/noise-intervals.ts";

/** A tenth of the worlds of `npm run proofs`; limits are widened by what so few worlds scatter. */
const WORLDS = 200;
const SEED = 20261101;

/** Half-width of a two-sided 99.9 % binomial interval around a fraction, as normal. */
function scatter(fraction: number, count: number): number {
  return 3.3 * Math.sqrt((fraction * (1 - fraction)) / Math.max(1, count));
}

describe("intervals of the noise scale on synthetic runs with known truth", () => {
  const rows = proveBands(WORLDS, SEED);
  const stressed = proveStressed(WORLDS, SEED);
  const named = (row: Coverage) => [`${row.kind} at ${row.level}`, row] as const;

  it.each(rows.map(named))("Fieller's sets cover in band %s", (_title, row) => {
    const tolerance = (row.level > 0.9 ? 0.02 : 0.03) + scatter(row.level, row.worlds);
    expect(Math.abs(row.fiellerCovers - row.level), table(rows)).toBeLessThan(tolerance);
  });

  it.each(rows.map(named))("resolved answers cover in band %s", (_title, row) => {
    const allowed = row.kind === "30-100" ? 0.12 : 0.05;
    const count = row.resolved * row.worlds;
    const least = row.level - allowed - scatter(row.level, count);
    expect(row.resolvedCovers, table(rows)).toBeGreaterThan(least);
    expect(row.medianValueOverTruth).toBeGreaterThan(0.8);
    expect(row.medianValueOverTruth).toBeLessThan(1.25);
  });

  it.each(rows.map(named))("as many are resolved as the noise allows in band %s", (_title, row) => {
    const least = { "0.1-1": 0.99, "1-10": 0.85, "10-30": 0.4, "30-100": 0.1 }[row.kind]!;
    expect(row.resolved, table(rows)).toBeGreaterThan(least - scatter(least, row.worlds) / 2);
    expect(row.unresolvedWithValue).toBe(0);
  });

  it("keep their level over long correlated runs, where the block rule can see the correlation", () => {
    const correlated = stressed.filter(
      (row) => row.kind.startsWith("AR(1)") && row.kind.endsWith("long"),
    );
    expect(correlated.length).toBe(4);
    for (const row of correlated) {
      const least = row.level - 0.05 - scatter(row.level, row.worlds);
      expect(row.fiellerCovers, table(stressed)).toBeGreaterThan(least);
    }
  });

  it("keep their level over drifting runs and resolve them", () => {
    for (const row of stressed.filter(({ kind }) => kind.startsWith("drifting"))) {
      const least = row.level - 0.03 - scatter(row.level, row.worlds);
      expect(row.fiellerCovers, table(stressed)).toBeGreaterThan(least);
      expect(row.resolved, table(stressed)).toBeGreaterThan(0.5);
    }
  });
});
