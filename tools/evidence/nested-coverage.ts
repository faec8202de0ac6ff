import type { FittedSurface } from "../../api/numerics/surface/form.ts";
import type { HeldOutCell } from "./leave-one-out.ts";
import {
  type Coverage,
  calibrateDiscrepancy,
  lossCoverage,
  optimumCoverage,
} from "./surface-calibration.ts";

/** Covered optima and losses of held-out cells. */
export interface SurfaceCoverage {
  readonly batch: Coverage;
  readonly learningRate: Coverage;
  readonly loss: Coverage;
  /** The same losses, cell by cell: the runs of one cell err together. */
  readonly lossByCell: readonly { readonly id: string; readonly share: number }[];
}

function sum(parts: readonly Coverage[]): Coverage {
  return {
    hits: parts.reduce((hits, part) => hits + part.hits, 0),
    count: parts.reduce((count, part) => count + part.count, 0),
  };
}

/**
 * Returns the coverage of held-out cells when the spreads too are calibrated without the cell.
 *
 * The spreads in use were set on these twelve cells, so that their coverage there is no surprise; here every cell is
 * judged with constants fitted, and spreads set, on the other eleven.
 */
export function nestedCoverage(
  fitted: FittedSurface,
  cells: readonly HeldOutCell[],
  level: number,
): SurfaceCoverage {
  const parts = cells.map((held) => {
    const others = cells.filter((cell) => cell !== held);
    const surface = { ...fitted, discrepancy: calibrateDiscrepancy(fitted, others) };
    return {
      id: held.cell.id,
      ...optimumCoverage(surface, [held], level),
      loss: lossCoverage(surface, [held], level),
    };
  });
  return {
    batch: sum(parts.map((part) => part.batch)),
    learningRate: sum(parts.map((part) => part.learningRate)),
    loss: sum(parts.map((part) => part.loss)),
    lossByCell: parts.map(({ id, loss }) => ({ id, share: loss.hits / loss.count })),
  };
}
