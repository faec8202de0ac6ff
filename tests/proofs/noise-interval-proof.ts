import { type Coverage, proveBands, proveStressed } from "./noise-intervals.ts";
import { allowance, type Figure, type Proof } from "./proof.ts";

const WORLDS = 2000;
const SEED = 20261101;
/** Least share of resolved worlds, by band. */
const LEAST_RESOLVED: Readonly<Record<string, number>> = { "1-10": 0.85, "10-30": 0.4 };

/** Intervals of `POST /v1/noise-scale` on synthetic runs whose truth is known. */
export const noiseIntervalProof: Proof = {
  id: "noise-intervals",
  specification:
    "Gaussian gradients with known tr(Sigma)/|G|^2; four bands of B_noise/B_big, 2000 worlds each, ratios " +
    "log-uniform, 8, 20, 60 or 200 observations, dimension 60 or 1000, batches 8 and 256. Fieller sets cover " +
    "within 2 points of 0.95 and 3 of 0.8; resolved answers cover at least the level less 5 points (12 in " +
    "30-100), their median value/truth is 0.8 to 1.25; at least 85 % of 1-10 and 40 % of 10-30 are resolved; " +
    "no unresolved answer has a value. Worlds that break an assumption have ratios 1 to 10: long AR(1) runs " +
    "and drifting ones are held to a limit, the others reported.",
  module: "tests/proofs/noise-interval-proof.ts",
  figuresOf: (share) => {
    const worlds = Math.ceil(WORLDS * share);
    return [
      ...proveBands(worlds, SEED).flatMap((row) => bandFigures(row, share)),
      ...proveStressed(worlds, SEED).flatMap((row) => stressedFigures(row, share)),
    ];
  },
};

function bandFigures(row: Coverage, share: number): Figure[] {
  const { kind, level } = row;
  const name = (figure: string) => `band ${kind}, level ${level}: ${figure}`;
  const off = (level > 0.9 ? 0.02 : 0.03) + allowance(level, row.worlds, share);
  const lost = kind === "30-100" ? 0.12 : 0.05;
  const resolvedWorlds = row.resolved * row.worlds;
  const leastResolved = LEAST_RESOLVED[kind];
  return [
    {
      name: name("Fieller sets that cover"),
      value: row.fiellerCovers,
      limits: { least: level - off, most: level + off },
    },
    {
      name: name("resolved answers that cover"),
      value: row.resolvedCovers,
      limits: { least: level - lost - allowance(level, resolvedWorlds, share) },
    },
    {
      name: name("median value/truth"),
      value: row.medianValueOverTruth,
      limits: { least: 0.8, most: 1.25 },
    },
    {
      name: name("resolved"),
      value: row.resolved,
      ...(leastResolved !== undefined && {
        limits: { least: leastResolved - allowance(leastResolved, row.worlds, share) },
      }),
    },
    { name: name("median upper/lower"), value: row.medianUpperOverLower },
    { name: name("unresolved with a value"), value: row.unresolvedWithValue, limits: { most: 0 } },
  ];
}

function stressedFigures(row: Coverage, share: number): Figure[] {
  const { kind, level } = row;
  const name = (figure: string) => `${kind}, level ${level}: ${figure}`;
  const lost = leastStressed(kind);
  return [
    {
      name: name("Fieller sets that cover"),
      value: row.fiellerCovers,
      ...(lost !== undefined && {
        limits: { least: level - lost - allowance(level, row.worlds, share) },
      }),
    },
    { name: name("resolved answers that cover"), value: row.resolvedCovers },
    { name: name("resolved"), value: row.resolved },
  ];
}

/** Points of coverage a broken assumption may cost where the block rule can see it. */
function leastStressed(kind: string): number | undefined {
  if (kind.startsWith("AR(1)") && kind.endsWith("long")) return 0.05;
  return kind.startsWith("drifting") ? 0.03 : undefined;
}
