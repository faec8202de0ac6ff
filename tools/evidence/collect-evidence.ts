import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { lawCatalogue } from "../../api/numerics/laws/catalogue.ts";
import { CRITBATCH_JOINT } from "../../api/numerics/surface/constants.ts";
import { predictSurfaceOptimum } from "../../api/numerics/surface/predict.ts";
import { type FixedDataPenalty, fixedDataPenalties } from "./fixed-data-penalties.ts";
import type { HeldOutCell } from "./leave-one-out.ts";
import { nestedCoverage, type SurfaceCoverage } from "./nested-coverage.ts";
import {
  type NoiseScaleRatio,
  noiseScaleRatios,
  type RatioPrior,
  ratioPrior,
} from "./noise-scale-ratios.ts";
import {
  heldOutRegret,
  type PooledRegret,
  shippedRegret,
  strangersRegret,
} from "./pooled-variants.ts";
import {
  loadPractice,
  type PracticeRow,
  type PracticeSummary,
  practiceRows,
  SURFACE_ALONE,
  summarizePractice,
} from "./practice.ts";
import { type CellJudge, judgeCell } from "./regret.ts";
import { type Bounded, type StepsToTarget, stepsToTarget } from "./steps-to-target.ts";
import { type SurfaceEvidence, surfaceEvidence } from "./surface-evidence.ts";
import { groupIntoCells, parseSweep } from "./sweep.ts";

/** A cell's optimum, predicted without the cell and measured. */
export interface CellOptimum {
  readonly id: string;
  readonly regretNats: number;
  readonly rmseNats: number;
  readonly irreducibleLossNats: number;
  readonly predictedBatchTokens: Bounded;
  /** Argmin of the cell's spline, with one bootstrap sd of its logarithm. */
  readonly measuredBatchTokens: number;
  readonly measuredBatchLogSd: number;
  readonly predictedLearningRate: Bounded;
  readonly measuredLearningRate: number;
  readonly measuredLearningRateLogSd: number;
}

/** Everything the page shows. */
export interface Evidence {
  readonly level: number;
  readonly sweep: { readonly sha256: string; readonly runs: number; readonly cells: number };
  readonly surface: SurfaceEvidence;
  readonly pooled: {
    readonly shipped: PooledRegret;
    readonly heldOut: PooledRegret;
    readonly strangers: PooledRegret;
  };
  readonly optima: readonly CellOptimum[];
  readonly nested: SurfaceCoverage;
  /** Laws of the catalogue with an optimal batch that could not be priced. */
  readonly lawsLeftOut: readonly string[];
  readonly stepsToTarget: readonly StepsToTarget[];
  readonly fixedData: readonly FixedDataPenalty[];
  readonly noiseRatios: readonly NoiseScaleRatio[];
  readonly noisePriors: {
    readonly unknown: RatioPrior;
    readonly lastHalf: RatioPrior;
  };
  readonly practice: {
    readonly shipped: PracticeSummary;
    readonly surfaceAlone: PracticeSummary;
    readonly rows: readonly PracticeRow[];
  };
}

/** Level of every interval on the page. */
const LEVEL = 0.8;

function optimumOf(
  held: HeldOutCell,
  judges: readonly CellJudge[],
  floor: SurfaceEvidence["floor"],
): CellOptimum {
  const { id, nonEmbeddingParams, trainingTokens } = held.cell;
  const judge = judges.find(({ cell }) => cell.id === id);
  const noise = floor.cells.find((cell) => cell.id === id);
  if (judge === undefined || noise === undefined) throw new Error(`no judge of ${id}`);
  const predicted = predictSurfaceOptimum(
    { ...CRITBATCH_JOINT, constants: held.constants },
    nonEmbeddingParams,
    trainingTokens,
    LEVEL,
  );
  const bounded = ({ value, interval }: typeof predicted.bOptTokens): Bounded => ({
    value,
    lower: interval.lower,
    upper: interval.upper,
  });
  return {
    id,
    regretNats: held.regretNats,
    rmseNats: held.rmseNats,
    irreducibleLossNats: held.constants.irreducibleLossNats,
    predictedBatchTokens: bounded(predicted.bOptTokens),
    measuredBatchTokens: judge.best.batchTokens,
    measuredBatchLogSd: noise.logBatchSd,
    predictedLearningRate: bounded(predicted.peakLearningRate),
    measuredLearningRate: judge.best.peakLearningRate,
    measuredLearningRateLogSd: noise.logLearningRateSd,
  };
}

function leftOut(surface: SurfaceEvidence): readonly string[] {
  const priced = surface.laws.map(({ id }) => id.split(" + ")[0]);
  return lawCatalogue
    .filter(({ outputs }) => outputs.some(({ quantity }) => quantity === "bOptTokens"))
    .map(({ id }) => id)
    .filter((id) => id !== "critbatch-joint" && !priced.includes(id));
}

/**
 * Judges the surface, every law and the recommendation on measured and published runs. Deterministic.
 *
 * @param sweepPath - the sweep's CSV.
 * @param practicePath - the file of published runs.
 */
export function collectEvidence(sweepPath: string, practicePath: string): Evidence {
  const csv = readFileSync(sweepPath, "utf8");
  const runs = parseSweep(csv);
  const cells = groupIntoCells(runs);
  const judges = cells.map((cell) => judgeCell(cell));
  const surface = surfaceEvidence(cells);
  const heldOut = surface.withoutTheCell.cells;
  const published = loadPractice(practicePath);
  const rows = practiceRows(published);
  return {
    level: LEVEL,
    sweep: {
      sha256: createHash("sha256").update(csv).digest("hex"),
      runs: runs.length,
      cells: cells.length,
    },
    surface,
    pooled: {
      shipped: shippedRegret(judges),
      heldOut: heldOutRegret(judges, heldOut),
      strangers: strangersRegret(judges),
    },
    optima: heldOut.map((held) => optimumOf(held, judges, surface.floor)),
    nested: nestedCoverage(CRITBATCH_JOINT, heldOut, LEVEL),
    lawsLeftOut: leftOut(surface),
    stepsToTarget: stepsToTarget(),
    fixedData: fixedDataPenalties(),
    noiseRatios: noiseScaleRatios(LEVEL),
    noisePriors: {
      unknown: ratioPrior("unknown"),
      lastHalf: ratioPrior("last-half-of-tuned-run"),
    },
    practice: {
      shipped: summarizePractice(rows),
      surfaceAlone: summarizePractice(practiceRows(published, SURFACE_ALONE)),
      rows,
    },
  };
}
