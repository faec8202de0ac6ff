import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CRITBATCH_JOINT } from "../../api/numerics/surface/constants.ts";
import { SURFACE_CONSTANT_NAMES, type SurfaceConstants } from "../../api/numerics/surface/form.ts";
import {
  surfaceLearningRate,
  surfaceLossNats,
  surfaceOptimum,
} from "../../api/numerics/surface/surface.ts";
import { leaveGroupsOut } from "../../tools/evidence/leave-one-out.ts";
import { noiseFloor } from "../../tools/evidence/noise-floor.ts";
import { judgeCell } from "../../tools/evidence/regret.ts";
import { resample, seededRandom } from "../../tools/evidence/resample.ts";
import { surfaceEvidence } from "../../tools/evidence/surface-evidence.ts";
import { fitSurface, nearRuns } from "../../tools/evidence/surface-fit.ts";
import {
  groupIntoCells,
  loadCells,
  type SweepCell,
  sweepPath,
} from "../../tools/evidence/sweep.ts";

const path = sweepPath();
const absent = "CRITBATCH_DATA is not set: the measured sweep is absent";

let evidence: ReturnType<typeof surfaceEvidence> | undefined;

/** Some five seconds of work, shared by the tests that read it. */
function evidenceOf(sweep: string) {
  evidence ??= surfaceEvidence(loadCells(sweep));
  return evidence;
}

describe("critbatch-joint on cells it has not seen", () => {
  it("reaches regret 0.0018 mean, 0.005 max and RMSE 0.012 nats, one cell left out", ({ skip }) => {
    if (path === undefined) return skip(absent);
    const judged = leaveGroupsOut(loadCells(path));
    expect(judged.cells).toHaveLength(12);
    expect(judged.meanRegretNats).toBeLessThanOrEqual(0.0018);
    expect(judged.maxRegretNats).toBeLessThanOrEqual(0.005);
    expect(judged.rmseNats).toBeLessThanOrEqual(0.012);
    for (const { constants } of judged.cells) {
      expect(constants.irreducibleLossNats).toBeGreaterThan(1.2);
      expect(constants.irreducibleLossNats).toBeLessThan(1.9);
    }
    const { leaveOneCellOut } = CRITBATCH_JOINT.provenance;
    expect(judged.meanRegretNats).toBeCloseTo(leaveOneCellOut.meanRegretNats, 5);
    expect(judged.rmseNats).toBeCloseTo(leaveOneCellOut.rmseNats, 4);
  });

  it("stays within those regrets with a whole model size left out", ({ skip }) => {
    if (path === undefined) return skip(absent);
    const judged = leaveGroupsOut(loadCells(path), (cell) => cell.nonEmbeddingParams);
    expect(judged.meanRegretNats).toBeLessThanOrEqual(0.0018);
    expect(judged.maxRegretNats).toBeLessThanOrEqual(0.0055);
  });

  it("has less regret than every law of the catalogue", ({ skip }) => {
    if (path === undefined) return skip(absent);
    const { laws, withoutTheCell } = evidenceOf(path);
    expect(laws.map((law) => law.id)).toContain("li2025-step-law");
    expect(laws.length).toBeGreaterThanOrEqual(8);
    for (const law of laws) {
      expect(withoutTheCell.meanRegretNats).toBeLessThan(law.meanNats);
      expect(withoutTheCell.maxRegretNats).toBeLessThan(law.maxNats);
    }
    const deepseek = laws.find((law) => law.id === "bi2024-deepseek");
    expect(deepseek?.meanNats).toBeCloseTo(0.0209, 4);
    expect(deepseek?.maxNats).toBeCloseTo(0.0284, 4);
  });

  it("covers 80 % of optima and losses as a binomial count may (99 %, two-sided)", ({ skip }) => {
    if (path === undefined) return skip(absent);
    const { coverage, floor } = evidenceOf(path);
    for (const { hits, count } of [coverage.batch, coverage.learningRate]) {
      expect(count).toBe(12);
      expect(hits).toBeGreaterThanOrEqual(6);
    }
    const { hits, count } = coverage.loss;
    expect(Math.abs(hits / count - 0.8)).toBeLessThan(2.576 * Math.sqrt((0.8 * 0.2) / count));
    expect(floor.meanNats).toBeGreaterThan(0.0003);
    expect(floor.meanNats).toBeLessThan(0.0009);
  });

  it("carries the constants this fit gives", ({ skip }) => {
    if (path === undefined) return skip(absent);
    const fitted = fitSurface(loadCells(path));
    for (const name of SURFACE_CONSTANT_NAMES) {
      expect(fitted[name]).toBeCloseTo(CRITBATCH_JOINT.constants[name], 5);
    }
  });
});

/** A sweep as a surface with the given constants would have measured it. */
function syntheticCells(constants: SurfaceConstants, noiseNats: number): readonly SweepCell[] {
  const random = seededRandom(7);
  const runs = [];
  for (const [nonEmbeddingParams, trainingTokens] of [
    [1e8, 4e9],
    [1e8, 3e10],
    [3e8, 8e9],
    [3e8, 6e10],
    [1e9, 2e10],
    [1e9, 1e11],
  ] as const) {
    const { bOptTokens } = surfaceOptimum(constants, nonEmbeddingParams, trainingTokens);
    for (let i = -4; i <= 4; i++) {
      const batchTokens = bOptTokens * 2 ** i;
      const tuned = surfaceLearningRate(constants, nonEmbeddingParams, trainingTokens, batchTokens);
      for (let j = -3; j <= 3; j++) {
        const peakLearningRate = tuned * 2 ** (j / 2);
        const run = { nonEmbeddingParams, trainingTokens, batchTokens, peakLearningRate };
        const noise = noiseNats * (random() + random() + random() - 1.5) * 2;
        runs.push({ ...run, lossNats: surfaceLossNats(constants, run) + noise });
      }
    }
  }
  return groupIntoCells(runs);
}

describe("the fit of the surface", () => {
  const truth: SurfaceConstants = {
    ...CRITBATCH_JOINT.constants,
    irreducibleLossNats: 1.6,
    bCritTokensExponent: 0.38,
    bSmallTokensExponent: 0.6,
    bSmallParamsExponent: 0,
    logBCrit: 2.4,
    learningRateParamsExponent: -0.35,
    learningRateTokensExponent: 0.05,
  };

  it("finds another world's optimum within 5 % from noisy runs, and its loss within 3 millinats", () => {
    const fitted = fitSurface(syntheticCells(truth, 0.003));
    for (const [params, tokens] of [
      [1e8, 4e9],
      [3e8, 2e10],
      [1e9, 1e11],
    ] as const) {
      const found = surfaceOptimum(fitted, params, tokens);
      const expected = surfaceOptimum(truth, params, tokens);
      expect(Math.abs(Math.log(found.bOptTokens / expected.bOptTokens))).toBeLessThan(0.05);
      const rates = Math.log(found.peakLearningRate / expected.peakLearningRate);
      expect(Math.abs(rates)).toBeLessThan(0.05);
      expect(Math.abs(found.lossNats - expected.lossNats)).toBeLessThan(0.003);
    }
  });

  it("gives the same constants to the last bit when run again", () => {
    const cells = syntheticCells(truth, 0.003);
    expect(fitSurface(cells)).toEqual(fitSurface(cells));
  });

  it("keeps the runs within 0.08 nats of their own batch's best, whatever the batch costs", () => {
    const cell = syntheticCells(truth, 0)[0]!;
    const kept = nearRuns(cell);
    const batches = new Set(cell.runs.map((run) => run.batchTokens));
    expect(new Set(kept.map((run) => run.batchTokens))).toEqual(batches);
    for (const run of kept) {
      const rivals = cell.runs.filter((rival) => rival.batchTokens === run.batchTokens);
      const best = Math.min(...rivals.map((rival) => rival.lossNats));
      expect(run.lossNats - best).toBeLessThanOrEqual(0.08);
    }
  });
});

describe("the noise floor", () => {
  it("is small beside the regret of a wrong law and the same for the same seed", () => {
    const judges = syntheticCells(CRITBATCH_JOINT.constants, 0.002)
      .slice(0, 2)
      .map((cell) => judgeCell(cell));
    const floor = noiseFloor(judges, 8, 1);
    expect(floor.maxNats).toBeGreaterThan(0);
    expect(floor.meanNats).toBeLessThan(0.003);
    expect(noiseFloor(judges, 8, 1)).toEqual(floor);
  });
});

describe("resampling", () => {
  it("draws as many as there are, from those there are, the same way for the same seed", () => {
    const members = ["a", "b", "c", "d", "e"];
    const draw = resample(members, seededRandom(5));
    expect(draw).toHaveLength(5);
    for (const member of draw) expect(members).toContain(member);
    expect(resample(members, seededRandom(5))).toEqual(draw);
  });

  it("is uniform to one percent over a hundred thousand draws", () => {
    const random = seededRandom(11);
    let sum = 0;
    for (let i = 0; i < 1e5; i++) sum += random();
    expect(sum / 1e5).toBeCloseTo(0.5, 2);
  });
});

describe("the fitting command", () => {
  it("wrote the constants with their source and the digest of its data, and no path", () => {
    const text = readFileSync(
      new URL("../../api/numerics/surface/constants.ts", import.meta.url),
      "utf8",
    );
    expect(text).toContain("arXiv:2503.04715");
    expect(CRITBATCH_JOINT.provenance.dataSha256).toMatch(/^[0-9a-f]{64}$/);
    // Neither a data file nor any absolute path.
    expect(text).not.toMatch(/\.csv|(^|[\s"'`(:=])\/[A-Za-z]/m);
  });
});
