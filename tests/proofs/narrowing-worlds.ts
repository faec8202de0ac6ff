import { totalFromNonEmbeddingParams } from "../../api/numerics/laws/params-conversion.ts";
import { normalQuantile } from "../../api/numerics/quantiles.ts";
import { askPanel } from "../../api/services/evidence/panel.ts";
import { CRITICAL_BATCH_PANEL } from "../../api/services/evidence/panel-specs.ts";
import { estimateNoiseScale } from "../../api/services/noise/estimate.ts";
import type { LogQuantity } from "../../api/services/shared/estimates.ts";
import type { NoiseScaleEvidence } from "../../schemas/noise-scales/evidence.ts";
import { gaussianObservations } from "./noise-worlds.ts";
import type { Random } from "./random.ts";

type Moment = "unknown" | "last-half-of-tuned-run" | "late";

/** What a caller says of a measurement, and the prior on ln rho = ln(B_c / B_noise) that goes with it. */
export interface Circumstance {
  readonly measuredOver: Moment;
  readonly weighting: "none" | "hessian";
  readonly optimizer: "adamw" | "sgd";
  readonly centreLog: number;
  readonly sdLog: number;
}

// docs/method.md, "Measured evidence": stated here a second time, because the worlds are drawn from them.
const RATIOS = [
  ["unknown", "none", 0, 2],
  ["last-half-of-tuned-run", "none", -0.7, 1],
  ["late", "none", 0, 1.5],
  ["late", "hessian", 0, 0.35],
] as const;
const ADAM_SD_LOG = 0.7;
const SGD_LAW_SD_LOG = 0.7;

export const CIRCUMSTANCES: readonly Circumstance[] = RATIOS.flatMap(
  ([measuredOver, weighting, centreLog, sdLog]) => [
    {
      measuredOver,
      weighting,
      optimizer: "adamw",
      centreLog,
      sdLog: Math.hypot(sdLog, ADAM_SD_LOG),
    },
    { measuredOver, weighting, optimizer: "sgd", centreLog, sdLog },
  ],
);

/** How worlds differ from what the priors and the laws state, each in units of their own sd. */
export interface Misstatement {
  readonly name: string;
  /** Shift of ln rho and factor on its sd. */
  readonly ratioShift: number;
  readonly ratioSpread: number;
  /** Shift of the true ln B_c. */
  readonly lawShift: number;
  /** Deviates of the true ln B_c from the laws': Student's t with their degrees of freedom, or normal. */
  readonly lawTails: "student" | "normal";
}

export const AS_STATED: Misstatement = {
  name: "as stated",
  ratioShift: 0,
  ratioSpread: 1,
  lawShift: 0,
  lawTails: "student",
};

export const MISSTATED: readonly Misstatement[] = [
  { ...AS_STATED, name: "rho one sd above its centre", ratioShift: 1 },
  { ...AS_STATED, name: "rho one sd below its centre", ratioShift: -1 },
  { ...AS_STATED, name: "sd of rho 1.5 times as large", ratioSpread: 1.5 },
  { ...AS_STATED, name: "B_c one sd above the laws", lawShift: 1 },
  { ...AS_STATED, name: "B_c one sd below the laws", lawShift: -1 },
  { ...AS_STATED, name: "B_c normal around the laws", lawTails: "normal" },
];

/** One run: what the laws say of B_c, what it is, and what was measured. */
export interface NarrowingWorld {
  readonly laws: LogQuantity;
  readonly lnCriticalBatch: number;
  readonly point: { readonly nonEmbeddingParams: number; readonly trainingTokens: number };
  readonly noiseScale: NoiseScaleEvidence;
}

/** Measures a noise scale of the given truth, in tokens. */
export type Measure = (lnNoiseScale: number, random: Random) => NoiseScaleEvidence;

/** Draws a run: N and D log-uniform, B_c around the laws, rho around its prior. */
export function drawWorld(
  circumstance: Circumstance,
  misstatement: Misstatement,
  measure: Measure,
  random: Random,
): NarrowingWorld {
  const { measuredOver, weighting, optimizer, centreLog, sdLog } = circumstance;
  const { ratioShift, ratioSpread, lawShift, lawTails } = misstatement;
  const point = {
    nonEmbeddingParams: logUniform(1e7, 1e12, random),
    trainingTokens: logUniform(1e9, 1e14, random),
  };
  const laws = askPanel(
    CRITICAL_BATCH_PANEL,
    { ...point, computeParams: totalFromNonEmbeddingParams(point.nonEmbeddingParams) },
    optimizer === "sgd" ? SGD_LAW_SD_LOG : 0,
  );
  const degrees = laws.degreesOfFreedom;
  const tail = lawTails === "student" ? Math.sqrt(random.chiSquare(degrees) / degrees) : 1;
  const deviation = lawShift + random.normal() / tail;
  const lnCriticalBatch = laws.lnValue + Math.sqrt(laws.variance) * deviation;
  const lnRatio = centreLog + sdLog * (ratioShift + ratioSpread * random.normal());
  const noiseScale = measure(lnCriticalBatch - lnRatio, random);
  return { laws, lnCriticalBatch, point, noiseScale: { ...noiseScale, measuredOver, weighting } };
}

const LEVEL = 0.8;
const MOST_DEVIATIONS = normalQuantile((1 + LEVEL) / 2);

/** A measurement with a log-normal error of sd 0.05 to 0.5, stated rightly. */
export function measureLogNormally(lnNoiseScale: number, random: Random): NoiseScaleEvidence {
  const sdLog = logUniform(0.05, 0.5, random);
  const lnValue = lnNoiseScale + sdLog * random.normal();
  const half = MOST_DEVIATIONS * sdLog;
  return {
    bSimple: {
      value: Math.exp(lnValue),
      interval: { lower: Math.exp(lnValue - half), upper: Math.exp(lnValue + half), level: LEVEL },
      basis: "measured",
    },
    unit: "tokens",
  };
}

const OBSERVATION_COUNTS = [20, 60, 200] as const;
const DIMENSIONS = [60, 1000] as const;
const SMALL_BATCHES = 32;

/** The whole answer of `POST /v1/noise-scale` to the squared norms of a run, resolved or not. */
export function measureFromNorms(lnNoiseScale: number, random: Random): NoiseScaleEvidence {
  const noiseScale = Math.exp(lnNoiseScale);
  const ratio = logUniform(0.1, 30, random);
  const smallBatch = Math.max(1, Math.round(noiseScale / ratio / SMALL_BATCHES));
  const observations = gaussianObservations(
    {
      observationCount: pick(OBSERVATION_COUNTS, random),
      dimension: pick(DIMENSIONS, random),
      noiseScale,
      smallBatch,
      bigBatch: smallBatch * SMALL_BATCHES,
    },
    random,
  );
  return estimateNoiseScale({
    unit: "tokens",
    reduction: "mean",
    clipped: false,
    microGradScale: 1,
    preconditioner: "none",
    intervalLevel: LEVEL,
    observations: [...observations],
  });
}

function logUniform(lower: number, upper: number, random: Random): number {
  return lower * (upper / lower) ** random.uniform();
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random.uniform() * values.length)]!;
}
