import { describe, expect, it } from "vitest";
import type { CellCheckpoint, CellResult, CellSpec } from "../../api/probe/cell.ts";
import {
  decodeCellResult,
  decodeCheckpoint,
  encodeCellResult,
  encodeCheckpoint,
} from "../../api/probe/cell-codec.ts";
import { openQuadraticRun } from "../../api/probe/engines/fused/quadratic-run.ts";
import { type CellDeps, runCell } from "../../api/probe/run-cell.ts";
import { fusedEngine, kernels, plainSpec } from "./fixtures.ts";
import { randomRows } from "./random-data.ts";

const dataset = randomRows(6, 3, 60);

/** Engines of an isolate of its own. */
const freshDeps = (): CellDeps => {
  const own = kernels();
  return {
    engine: fusedEngine(),
    openQuadratic: (...run) => openQuadraticRun(own, ...run),
    dataset,
  };
};

const measured: CellSpec = {
  kind: "training",
  id: "measured",
  training: { ...plainSpec, averaging: { kind: "polynomial", power: 8 }, exampleNorms: true },
  stop: { maxSteps: 40, startLoss: 2 },
  evaluationExamples: 60,
  curvature: { atSteps: [10, 30], probes: 4, gradientExamples: 40, hessianExamples: 16 },
};
const quadratic: CellSpec = {
  kind: "quadratic",
  id: "quadratic",
  task: {
    kind: "quadratic",
    dimensions: 30,
    spectrumExponent: 1.3,
    initialVariance: 1,
    replicas: 64,
    targetLoss: 0.1,
  },
  batchExamples: 8,
  peakLearningRate: 0.5,
  seed: 3,
  stop: { maxSteps: 200, startLoss: 2, targetLoss: 0.1 },
};

function runWhole(cell: CellSpec): CellResult {
  const work = runCell(freshDeps(), cell);
  let next = work.next();
  while (!next.done) next = work.next();
  return next.value;
}

/** Runs a cell that is cut after every slice where it may be, each part in an isolate of its own. */
function runInPieces(cell: CellSpec): { readonly result: CellResult; readonly pieces: number } {
  let from: CellCheckpoint | undefined;
  for (let pieces = 1; ; pieces += 1) {
    const work = runCell(freshDeps(), cell, from);
    let next = work.next();
    while (!next.done && next.value.checkpoint === undefined) next = work.next();
    if (next.done) return { result: next.value, pieces };
    const bytes = encodeCheckpoint(cell.id, next.value.checkpoint!());
    from = decodeCheckpoint(cell.id, bytes);
  }
}

describe("a cell that is cut and taken up elsewhere", () => {
  it.each([measured, quadratic])("$id ends with the bits of the whole run", (cell) => {
    const { result, pieces } = runInPieces(cell);
    expect(pieces).toBeGreaterThan(15);
    expect(result).toEqual(runWhole(cell));
  });

  it("is refused with the checkpoint of another", () => {
    const next = runCell(freshDeps(), quadratic).next();
    if (next.done) throw new Error("ended in one slice");
    const bytes = encodeCheckpoint("another", next.value.checkpoint!());
    expect(() => decodeCheckpoint("quadratic", bytes)).toThrow(RangeError);
  });
});

describe("a stored result", () => {
  it("comes back with the same bits, also where JSON has no number for them", () => {
    const result = { ...runWhole(measured), bestLoss: -0, finalLoss: Number.POSITIVE_INFINITY };
    const odd = { ...result, stepsToTarget: Number.NaN };
    const { fingerprint: _digested, ...stored } = odd;
    const { fingerprint, ...back } = decodeCellResult(encodeCellResult(odd));
    expect(back).toEqual(stored);
    expect(Object.is(back.bestLoss, -0)).toBe(true);
    expect(fingerprint).toHaveLength(0);
  });
});
