import { fiellerContains, fiellerSet } from "../../api/numerics/noise/fieller.ts";
import { measureNoiseScale } from "../../api/numerics/noise/measure-noise-scale.ts";
import type { TwoBatchObservation } from "../../api/numerics/noise/observation.ts";
import { twoSidedStudentQuantile } from "../../api/numerics/quantiles.ts";
import {
  correlatedObservations,
  driftingObservations,
  gaussianObservations,
  heavyTailedObservations,
  type NoiseWorld,
  wanderingObservations,
} from "./noise-worlds.ts";
import { type Random, seededRandom } from "./random.ts";

/** Ratios B_noise / B_big between which worlds are drawn log-uniformly. */
const BANDS = [
  [0.1, 1],
  [1, 10],
  [10, 30],
  [30, 100],
] as const;
const LEVELS = [0.8, 0.95] as const;
const OBSERVATION_COUNTS = [8, 20, 60, 200] as const;
const DIMENSIONS = [60, 1000] as const;
const BIG_BATCH = 256;
const SMALL_BATCH = 8;

/** How the intervals of many worlds fared against the truth; all but `worlds` and medians are fractions. */
export interface Coverage {
  readonly kind: string;
  readonly level: number;
  readonly worlds: number;
  readonly fiellerCovers: number;
  readonly resolved: number;
  /** Among resolved worlds. */
  readonly resolvedCovers: number;
  readonly truthAbove: number;
  readonly medianValueOverTruth: number;
  readonly medianUpperOverLower: number;
  /** Among unresolved worlds with a lower bound. */
  readonly lowerBoundHolds: number;
  readonly unresolvedWithValue: number;
  readonly oneObservationBlocks: number;
}

interface Outcome {
  readonly noiseScale: number;
  readonly observations: readonly TwoBatchObservation[];
}

/** Worlds of a band: noise scale log-uniform, counts and dimensions equally often. */
function bandWorlds(band: readonly [number, number], count: number, random: Random): NoiseWorld[] {
  const worlds: NoiseWorld[] = [];
  for (let i = 0; i < count; i++) {
    const logRatio = Math.log(band[0]) + random.uniform() * Math.log(band[1] / band[0]);
    worlds.push({
      observationCount: OBSERVATION_COUNTS[i % 4]!,
      dimension: DIMENSIONS[(i >> 2) % 2]!,
      noiseScale: BIG_BATCH * Math.exp(logRatio),
      smallBatch: SMALL_BATCH,
      bigBatch: BIG_BATCH,
    });
  }
  return worlds;
}

/** Measures every world at one level and counts hits and misses. */
function coverage(kind: string, level: number, worlds: readonly Outcome[]): Coverage {
  const results = worlds.map((world) => measureWorld(world, level));
  const resolved = results.filter(({ answer }) => answer.status === "resolved");
  const ratios = resolved.map(({ answer, noiseScale }) => answer.value / noiseScale);
  const bounded = results.filter(({ answer }) => !Number.isNaN(answer.lowerBound));
  const share = (of: readonly Measured[], holds: (result: Measured) => boolean) =>
    of.filter(holds).length / of.length;
  return {
    kind,
    level,
    worlds: worlds.length,
    fiellerCovers: share(results, (result) => result.isInFiellerSet),
    resolved: resolved.length / worlds.length,
    resolvedCovers: share(
      resolved,
      ({ answer, noiseScale }) => answer.lower <= noiseScale && noiseScale <= answer.upper,
    ),
    truthAbove: share(resolved, ({ answer, noiseScale }) => answer.upper < noiseScale),
    medianValueOverTruth: median(ratios),
    medianUpperOverLower: median(resolved.map(({ answer }) => answer.upper / answer.lower)),
    lowerBoundHolds: share(bounded, ({ answer, noiseScale }) => answer.lowerBound <= noiseScale),
    unresolvedWithValue: results.filter(
      ({ answer }) => answer.status === "unresolved" && !Number.isNaN(answer.value),
    ).length,
    oneObservationBlocks: share(results, (result) => result.blockSteps === 1),
  };
}

/** Fields of both kinds of answer; what an answer lacks is NaN. */
const NOTHING = {
  value: Number.NaN,
  lower: Number.NaN,
  upper: Number.NaN,
  lowerBound: Number.NaN,
} as const;

interface Measured {
  readonly noiseScale: number;
  readonly answer: { readonly status: string } & Readonly<Record<keyof typeof NOTHING, number>>;
  readonly isInFiellerSet: boolean;
  readonly blockSteps: number;
}

function measureWorld({ noiseScale, observations }: Outcome, level: number): Measured {
  const measured = measureNoiseScale(observations, { level, reduction: "mean", microGradScale: 1 });
  if (measured.status !== "measured") throw new Error(`world is ${measured.reason}`);
  if (measured.spread.between !== "blocks") throw new Error("world without blocks");
  const { pair, degreesOfFreedom, bSimple } = measured.whole;
  const set = fiellerSet(pair, twoSidedStudentQuantile(level, degreesOfFreedom));
  return {
    noiseScale,
    answer: { ...NOTHING, ...bSimple },
    isInFiellerSet: fiellerContains(set, noiseScale),
    blockSteps: measured.spread.blockSteps,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[sorted.length >> 1]!;
}

/** The four bands of Gaussian worlds at both levels. */
export function proveBands(worldsPerBand: number, seed: number): Coverage[] {
  return BANDS.flatMap((band, i) => {
    const random = seededRandom(seed + i);
    const worlds = bandWorlds(band, worldsPerBand, random).map((world) => ({
      noiseScale: world.noiseScale,
      observations: gaussianObservations(world, random),
    }));
    return LEVELS.map((level) => coverage(`${band[0]}-${band[1]}`, level, worlds));
  });
}

type Observe = (world: NoiseWorld, random: Random) => Outcome;

const SHORT = [8, 20] as const;
const LONG = [60, 200] as const;

function stressedKinds(): readonly (readonly [string, readonly number[], Observe])[] {
  const known = (
    observe: (world: NoiseWorld, random: Random) => TwoBatchObservation[],
    dimension?: number,
  ): Observe => {
    return (drawn, random) => {
      const world = dimension === undefined ? drawn : { ...drawn, dimension };
      return { noiseScale: world.noiseScale, observations: observe(world, random) };
    };
  };
  const kinds: (readonly [string, readonly number[], Observe])[] = [];
  for (const correlation of [0.5, 0.8]) {
    const noise = known((world, random) => correlatedObservations(world, correlation, random), 60);
    const wander = known((world, random) => wanderingObservations(world, correlation, 0.5, random));
    kinds.push([`AR(1) ${correlation} noise, short`, SHORT, noise]);
    kinds.push([`AR(1) ${correlation} noise, long`, LONG, noise]);
    kinds.push([`|G|^2 AR(1) ${correlation}, short`, SHORT, wander]);
    kinds.push([`|G|^2 AR(1) ${correlation}, long`, LONG, wander]);
  }
  for (const factor of [2, 8]) {
    kinds.push([
      `drifting x${factor}`,
      OBSERVATION_COUNTS,
      (world, random) => driftingObservations(world, factor, random),
    ]);
  }
  kinds.push(["Student t(4)", OBSERVATION_COUNTS, known(heavyTailedObservations, 60)]);
  return kinds;
}

/**
 * Worlds that break an assumption: correlated noise, a |G|^2 that wanders around its long-run mean, drift,
 * heavy tails. Ratio 1 to 10; short runs have 8 or 20 observations, long ones 60 or 200, others all four.
 */
export function proveStressed(worldCount: number, seed: number): Coverage[] {
  return stressedKinds().flatMap(([kind, counts, observe], i) => {
    const random = seededRandom(seed + 100 + i);
    // Heavy tails are drawn coordinate by coordinate, thirty times slower.
    const count = kind.startsWith("Student") ? Math.ceil(worldCount / 5) : worldCount;
    const worlds = bandWorlds([1, 10], count, random).map((world, k) =>
      observe({ ...world, observationCount: counts[k % counts.length]! }, random),
    );
    return LEVELS.map((level) => coverage(kind, level, worlds));
  });
}

/** The figures as aligned text. */
export function table(rows: readonly Coverage[]): string {
  const header =
    "world                    level worlds fieller resolved covers truth>up value/truth up/low bound  block=1";
  const percent = (fraction: number) =>
    (Number.isNaN(fraction) ? "-" : (100 * fraction).toFixed(1)).padStart(6);
  return [
    header,
    ...rows.map((row) =>
      [
        row.kind.padEnd(24),
        row.level.toFixed(2).padStart(5),
        String(row.worlds).padStart(6),
        percent(row.fiellerCovers).padStart(7),
        percent(row.resolved).padStart(8),
        percent(row.resolvedCovers),
        percent(row.truthAbove).padStart(8),
        row.medianValueOverTruth.toFixed(3).padStart(11),
        row.medianUpperOverLower.toFixed(2).padStart(6),
        percent(row.lowerBoundHolds),
        percent(row.oneObservationBlocks),
      ].join(" "),
    ),
  ].join("\n");
}
