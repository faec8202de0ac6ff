import { describe, expect, it } from "vitest";
import type { CellResult, CellSpec } from "../../api/probe/cell.ts";
import { criticalBatch } from "../../api/probe/experiments/critical-batch.ts";
import { fisherLogSd } from "../../api/probe/experiments/critical-batch-fit.ts";
import { compareRateRules } from "../../api/probe/experiments/rate-rules.ts";
import { parabolaGain } from "../../api/probe/experiments/rate-search.ts";
import { ratioOfMeans } from "../../api/probe/experiments/ratio-interval.ts";
import { type Experiment, inParallel } from "../../api/probe/experiments/stage.ts";
import { Budget, type Sweep } from "../../api/probe/experiments/sweep.ts";
import {
  type CurvePoint,
  nextEvaluationStep,
  stepsToTarget,
} from "../../api/probe/steps-to-target.ts";

type Truth = {
  readonly minSteps: number;
  readonly bCrit: number;
  /** Best rate over the base rate at a batch. */
  readonly bestRate: (batch: number) => number;
};

// Runs of an ideal learner: ln steps is a hyperbola in the batch and a parabola in ln rate.
function idealResult(cell: CellSpec, truth: Truth): CellResult {
  if (cell.kind !== "quadratic") throw new Error("kind");
  const off = Math.log2(cell.peakLearningRate / truth.bestRate(cell.batchExamples)) * 2;
  const steps =
    truth.minSteps * (1 + truth.bCrit / cell.batchExamples) * Math.exp(0.06 * off * off);
  const reached = cell.stop.targetLoss !== undefined && steps <= cell.stop.maxSteps;
  const loss = Math.min(1, 0.5 + 0.06 * off * off);
  return {
    id: cell.id,
    status: reached ? "reached" : "completed",
    ...(reached ? { stepsToTarget: steps } : {}),
    stepsDone: Math.min(steps, cell.stop.maxSteps),
    curve: [{ step: Math.min(steps, cell.stop.maxSteps), loss }],
    bestLoss: loss,
    finalLoss: loss,
    records: [],
    curvature: [],
    paramCount: 1,
    flopsDone: cell.batchExamples * Math.min(steps, cell.stop.maxSteps),
    fingerprint: new Uint8Array(0),
  };
}

function sweepOf(change: Partial<Sweep> = {}): Sweep {
  return {
    baseRate: 1,
    startLoss: 1,
    leastGainFraction: 0.02,
    pilotBatchExamples: 64,
    largestBatchExamples: 2 ** 22,
    makeCell: (batchExamples, peakLearningRate, seedIndex, stop) => ({
      kind: "quadratic",
      id: `${batchExamples}/${peakLearningRate}/${seedIndex}`,
      task: {
        kind: "quadratic",
        dimensions: 1,
        spectrumExponent: 1,
        initialVariance: 1,
        replicas: 4,
        targetLoss: 0.1,
      },
      batchExamples,
      peakLearningRate,
      seed: 1,
      stop,
    }),
    costCeiling: (batch, steps) => batch * steps,
    budget: new Budget(1e15),
    ...change,
  };
}

function drive<T>(experiment: Experiment<T>, truth: Truth, budget?: Budget): T {
  let next = experiment.next();
  while (!next.done) {
    const results = next.value.cells.map((cell) => idealResult(cell, truth));
    budget?.spend(results);
    next = experiment.next(results);
  }
  return next.value;
}

const options = {
  pilotSteps: 4000,
  targetLoss: 0.6,
  targetDepth: 0.8,
  seeds: 3,
  intervalLevel: 0.8,
};
const truth: Truth = {
  minSteps: 200,
  bCrit: 300,
  bestRate: (batch) => 1 / (1 + 300 / batch),
};

describe("critical batch", () => {
  it("finds the constants of an exact hyperbola within 1.5 %, whatever the rates do", () => {
    for (const bCrit of [40, 300, 5000]) {
      const long = { ...options, pilotSteps: 40_000 };
      const result = drive(criticalBatch(sweepOf(), long), { ...truth, bCrit });
      expect(result.status).toBe("bracketed");
      expect(result.bCritExamples!.value / bCrit).toBeGreaterThan(0.985);
      expect(result.bCritExamples!.value / bCrit).toBeLessThan(1.015);
      expect(result.minSteps!.value / 200).toBeCloseTo(1, 1);
      const batches = result.points.map((point) => point.batchExamples);
      expect(batches.length).toBeGreaterThanOrEqual(5);
      expect(batches[0]! / bCrit).toBeLessThan(1 / 12);
      expect(batches.at(-1)! / bCrit).toBeGreaterThan(12);
      expect(result.points[0]!.stepsBySeed).toHaveLength(3);
      expect(result.points.at(-1)!.stepsBySeed).toHaveLength(3);
    }
  });

  it("sets the target by a pilot run when none is given", () => {
    const { targetLoss: _, ...free } = options;
    const result = drive(criticalBatch(sweepOf(), free), truth);
    expect(result.targetLoss).toBeCloseTo(0.6, 1);
    expect(result.targetDepth).toBeGreaterThanOrEqual(0.5);
    expect(result.status).toBe("bracketed");
  });

  it("does not extrapolate when the largest batch does not pass the knee", () => {
    const result = drive(criticalBatch(sweepOf({ largestBatchExamples: 1024 }), options), truth);
    expect(result.status).toBe("not-bracketed");
    expect(result.reason).toContain("the largest batch is reached");
    expect(result.bCritExamples).toBeUndefined();
    expect(result.points.length).toBeGreaterThan(2);
  });

  it("says that the target cannot be reached", () => {
    const slow = { ...truth, minSteps: 1e9 };
    expect(drive(criticalBatch(sweepOf(), options), slow).status).toBe("unreachable-target");
  });

  it("says that the rate is not bracketed when the best one runs away", () => {
    const far = { ...truth, bestRate: () => 2 ** 40 };
    const { targetLoss: _, ...free } = options;
    expect(drive(criticalBatch(sweepOf(), free), far).status).toBe("lr-not-bracketed");
  });

  it("never asks for more than the ceiling", () => {
    for (const ceiling of [1e5, 3e6, 1e7, 1e8]) {
      const budget = new Budget(ceiling);
      const result = drive(criticalBatch(sweepOf({ budget }), options), truth, budget);
      expect(budget.doneFlops).toBeLessThanOrEqual(ceiling);
      if (ceiling < 1e6) expect(result.status).not.toBe("bracketed");
    }
  });

  it("asks for the same cells when it is given the same results", () => {
    const ids = () => {
      const seen: string[] = [];
      const experiment = criticalBatch(sweepOf(), options);
      let next = experiment.next();
      while (!next.done) {
        seen.push(...next.value.cells.map(({ id }) => id));
        next = experiment.next(next.value.cells.map((cell) => idealResult(cell, truth)));
      }
      return seen;
    };
    expect(ids()).toEqual(ids());
    expect(new Set(ids()).size).toBe(ids().length);
  });

  it("the Fisher error of a design agrees with the worked numbers: 0.06627, 0.334 and 0.1113", () => {
    const sd = (batches: readonly number[]) =>
      fisherLogSd(
        batches,
        batches.map(() => 1),
        1,
        0.05,
      );
    expect(sd([1 / 16, 1 / 4, 1, 4, 16])).toBeCloseTo(0.06627, 4);
    expect(sd([1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4])).toBeCloseTo(0.334, 2);
    expect(sd([1 / 8, 1 / 4, 1 / 2, 1, 2])).toBeCloseTo(0.1113, 3);
  });
});

describe("steps to target", () => {
  const follow = (loss: (step: number) => number, target: number) => {
    const curve: CurvePoint[] = [];
    let point: CurvePoint = { step: 0, loss: loss(0) };
    for (;;) {
      const step = nextEvaluationStep(point, loss(0), target);
      point = { step, loss: loss(step) };
      curve.push(point);
      const steps = stepsToTarget(curve, target, false);
      if (steps !== undefined) return { steps, curve };
    }
  };

  it("interpolates a smooth power law within 0.2 % and samples it at most 2 % apart near the target", () => {
    for (const exact of [30, 333.3, 7777.7]) {
      const { steps, curve } = follow((s) => (1 + s) ** -0.5, (1 + exact) ** -0.5);
      expect(Math.abs(steps / exact - 1)).toBeLessThan(exact < 100 ? 0.01 : 0.002);
      const near = curve.filter(({ step }) => step > 0.8 * exact && step > 60);
      near.slice(1).forEach(({ step }, i) => {
        expect(step / near[i]!.step).toBeLessThan(1.035);
      });
    }
  });

  it("is undefined while the smoothed curve stays above, even if single points dip below", () => {
    const curve = Array.from({ length: 40 }, (_, i) => ({ step: i + 1, loss: i === 20 ? 0.4 : 1 }));
    expect(stepsToTarget(curve, 0.5, true)).toBeUndefined();
  });
});

describe("fits", () => {
  it("the parabola through three exact points finds the minimum of ln steps", () => {
    const at = (k: number) => 100 * Math.exp(0.05 * (k - 0.3) ** 2);
    const gain = parabolaGain(at(-1), at(0), at(1));
    expect(100 * Math.exp(0.05 * 0.09 + gain)).toBeCloseTo(100, 6);
    expect(parabolaGain(undefined, 1, 2)).toBe(0);
  });

  it("Fieller's interval is asymmetric, and unresolved when the denominator may be zero", () => {
    const wide = ratioOfMeans(
      [10, 12, 11, 9, 10, 11],
      [0.02, 0.012, 0.015, 0.01, 0.02, 0.013],
      0.95,
    );
    if (wide.status !== "ok") throw new Error(wide.reason);
    expect(wide.interval.upper - wide.value).toBeGreaterThan(wide.value - wide.interval.lower);
    const none = ratioOfMeans([10, 12, 11], [0.02, -0.01, 0.015], 0.95);
    expect(none).toMatchObject({ status: "unresolved" });
    expect(none.status === "unresolved" && none.lowerBound).toBeGreaterThan(0);
  });

  it("recognises the rule that made the rates", () => {
    const batches = Array.from({ length: 14 }, (_, i) => 2 ** i);
    const saturating = batches.map((b) => 0.7 / (1 + 150 / b));
    expect(compareRateRules(batches, saturating)[0]).toMatchObject({ rule: "saturating" });
    const power = batches.map((b) => 0.01 * b ** 0.3);
    expect(compareRateRules(batches, power)[0]).toMatchObject({ rule: "power" });
    const root = batches.map((b) => 0.01 * b ** 0.5);
    expect(compareRateRules(batches, root)[0]).toMatchObject({ rule: "square-root" });
    const broken = batches.map((b) => 0.1 * Math.min(1, (b / 200) ** 0.84));
    expect(compareRateRules(batches, broken)[0]).toMatchObject({ rule: "broken-power" });
  });

  it("parallel experiments get their own results back, in order", () => {
    function* part(count: number): Experiment<string> {
      let seen = "";
      for (let i = 0; i < count; i += 1) {
        const stop = { maxSteps: 1, startLoss: 1 };
        const cells = [sweepOf().makeCell(count, i, 0, stop)];
        seen += (yield { name: "", cells }).map(({ id }) => id).join();
      }
      return seen;
    }
    const joined = drive(inParallel("both", [part(1), part(3), part(0)]), truth);
    expect(joined).toEqual(["1/0/0", "3/0/03/1/03/2/0", ""]);
  });
});
