import { CRITBATCH_JOINT } from "../../api/numerics/surface/constants.ts";
import { type LawRegret, lawRegrets } from "./law-regrets.ts";
import {
  judgeConstants,
  type LeaveOneOut,
  leaveGroupsOut,
  summarizeHeldOut,
} from "./leave-one-out.ts";
import { type NoiseFloor, noiseFloor } from "./noise-floor.ts";
import { judgeCell } from "./regret.ts";
import { type Coverage, lossCoverage, optimumCoverage } from "./surface-calibration.ts";
import type { SweepCell } from "./sweep.ts";

/** Everything the sweep says about the surface, for the evidence page. */
export interface SurfaceEvidence {
  readonly laws: readonly LawRegret[];
  /** The committed constants on the cells they were fitted on. */
  readonly inSample: LeaveOneOut;
  readonly withoutTheCell: LeaveOneOut;
  /** All cells of the same model size held out together. */
  readonly withoutTheSize: LeaveOneOut;
  /** All cells of about the same tokens per parameter held out together. */
  readonly withoutTheRatio: LeaveOneOut;
  readonly floor: NoiseFloor;
  readonly coverage: {
    readonly level: number;
    readonly batch: Coverage;
    readonly learningRate: Coverage;
    readonly loss: Coverage;
  };
}

const COVERAGE_LEVEL = 0.8;
const FLOOR_REPLICATES = 60;
const FLOOR_SEED = 1812;

/** Tokens per parameter of the sweep's designs: 19, 53, about 100, 298. */
function ratioGroup(cell: SweepCell): number {
  const ratio = cell.trainingTokens / cell.nonEmbeddingParams;
  return [30, 60, 150].filter((edge) => ratio > edge).length;
}

/** Judges the surface and every law of the catalogue on the sweep. Deterministic; some seven seconds. */
export function surfaceEvidence(cells: readonly SweepCell[]): SurfaceEvidence {
  const judges = cells.map((cell) => judgeCell(cell));
  const withoutTheCell = leaveGroupsOut(cells);
  return {
    laws: lawRegrets(judges),
    inSample: summarizeHeldOut(
      cells.map((cell) => judgeConstants(CRITBATCH_JOINT.constants, cell)),
    ),
    withoutTheCell,
    withoutTheSize: leaveGroupsOut(cells, (cell) => cell.nonEmbeddingParams),
    withoutTheRatio: leaveGroupsOut(cells, ratioGroup),
    floor: noiseFloor(judges, FLOOR_REPLICATES, FLOOR_SEED),
    coverage: {
      level: COVERAGE_LEVEL,
      ...optimumCoverage(CRITBATCH_JOINT, withoutTheCell.cells, COVERAGE_LEVEL),
      loss: lossCoverage(CRITBATCH_JOINT, withoutTheCell.cells, COVERAGE_LEVEL),
    },
  };
}
