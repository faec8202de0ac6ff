import { joinNoiseScale, noiseScaleVote } from "../../api/services/evidence/noise-scale.ts";
import { halfWidthLog, type LogQuantity } from "../../api/services/shared/estimates.ts";
import {
  AS_STATED,
  CIRCUMSTANCES,
  type Circumstance,
  drawWorld,
  type Measure,
  MISSTATED,
  type Misstatement,
  measureFromNorms,
  measureLogNormally,
  type NarrowingWorld,
} from "./narrowing-worlds.ts";
import { allowance, type Figure, type Limits, type Proof } from "./proof.ts";
import { seededRandom } from "./random.ts";

const WORLDS = 20_000;
const SEED = 20261124;
const LEVELS = [0.8, 0.95] as const;
const MEASURES = { "log-normal error": measureLogNormally, "simulated norms": measureFromNorms };
// The two-sided 99 % binomial interval of 500 worlds: +-4 points of 80 %, as agreed, and +-2.5 of 95 %.
const OFF: Readonly<Record<(typeof LEVELS)[number], number>> = { 0.8: 0.04, 0.95: 0.025 };

/** Intervals of B_c narrow by a noise scale only as far as they still hold the truth. */
export const narrowingProof: Proof = {
  id: "noise-scale-narrowing",
  specification:
    "Interval of bCritTokens before and after a noise scale, 20,000 runs a row, N 1e7 to 1e12 and D 1e9 to 1e14 " +
    "log-uniform, true ln B_c drawn from the laws' predictive distribution, ln rho from the prior of each moment, " +
    "weighting and optimizer, B_noise with log-normal error (sd 0.05 to 0.5) or as POST /v1/noise-scale answers " +
    "simulated norms. After it, 80 % intervals hold the truth in 76 to 84 % of runs and 95 % intervals in 92.5 to " +
    "97.5 %; where the floor of half the laws' width decides in more than a tenth of the runs, they may hold it more " +
    "often. No interval is narrower than half the laws'. Worlds unlike the priors or the laws are reported.",
  module: "tests/proofs/narrowing-proof.ts",
  figuresOf: (share) => rows().flatMap((row, i) => rowFigures(row, SEED + i, share)),
};

interface Row {
  readonly circumstance: Circumstance;
  readonly misstatement: Misstatement;
  readonly measuredBy: keyof typeof MEASURES;
}

function rows(): Row[] {
  const measures = Object.keys(MEASURES) as (keyof typeof MEASURES)[];
  const stated = measures.flatMap((measuredBy) =>
    CIRCUMSTANCES.map((circumstance) => ({ circumstance, misstatement: AS_STATED, measuredBy })),
  );
  const misstated = MISSTATED.flatMap((misstatement) =>
    CIRCUMSTANCES.map((circumstance) => ({
      circumstance,
      misstatement,
      measuredBy: "log-normal error" as const,
    })),
  );
  return [...stated, ...misstated];
}

function rowFigures(row: Row, seed: number, share: number): Figure[] {
  const { circumstance, misstatement, measuredBy } = row;
  const worlds = Math.ceil(WORLDS * share);
  const random = seededRandom(seed);
  const measure: Measure = MEASURES[measuredBy];
  const drawn = Array.from({ length: worlds }, () =>
    drawWorld(circumstance, misstatement, measure, random),
  );
  const { measuredOver, weighting, optimizer } = circumstance;
  const moment = weighting === "hessian" ? `${measuredOver}, Hessian-weighted` : measuredOver;
  const title = `${misstatement.name}; ${measuredBy}; ${moment}, ${optimizer}`;
  const votes = drawn.filter(({ noiseScale }) => "bSimple" in noiseScale).length / worlds;
  return [
    { name: `${title}: runs with a vote`, value: votes },
    ...LEVELS.flatMap((level) =>
      levelFigures(drawn, row, level, `${title}, level ${level}`, share),
    ),
  ];
}

function levelFigures(
  drawn: readonly NarrowingWorld[],
  { circumstance, misstatement }: Row,
  level: (typeof LEVELS)[number],
  title: string,
  share: number,
): Figure[] {
  const results = drawn.map((world) => compare(world, circumstance, level));
  const fraction = (holds: (result: Comparison) => boolean) =>
    results.filter(holds).length / results.length;
  const ratios = results.map(({ widthRatio }) => widthRatio).sort((a, b) => a - b);
  const atFloor = fraction(({ widthRatio }) => widthRatio < 0.5 + 1e-9);
  const isStated = misstatement === AS_STATED;
  const off = OFF[level] + allowance(level, results.length, share);
  const limits: Limits = {
    least: level - off,
    ...(atFloor <= 0.1 && { most: level + off }),
  };
  return [
    { name: `${title}: held by the laws alone`, value: fraction(({ before }) => before) },
    {
      name: `${title}: held with the noise scale`,
      value: fraction(({ after }) => after),
      ...(isStated && { limits }),
    },
    {
      name: `${title}: median width ratio`,
      value: ratios[ratios.length >> 1]!,
      ...(isStated && { limits: { most: 1 } }),
    },
    { name: `${title}: smallest width ratio`, value: ratios[0]!, limits: { least: 0.5 } },
    { name: `${title}: at the floor of half the width`, value: atFloor },
  ];
}

interface Comparison {
  readonly before: boolean;
  readonly after: boolean;
  /** Width of ln B_c with the noise scale over that without. */
  readonly widthRatio: number;
}

function compare(world: NarrowingWorld, circumstance: Circumstance, level: number): Comparison {
  const { laws, lnCriticalBatch, noiseScale } = world;
  const vote = noiseScaleVote(noiseScale, 1, circumstance.optimizer === "adamw");
  const joined = vote === undefined ? laws : joinNoiseScale(laws, vote, level).joined;
  const holds = (quantity: LogQuantity) =>
    Math.abs(lnCriticalBatch - quantity.lnValue) <= halfWidthLog(quantity, level);
  return {
    before: holds(laws),
    after: holds(joined),
    widthRatio: halfWidthLog(joined, level) / halfWidthLog(laws, level),
  };
}
