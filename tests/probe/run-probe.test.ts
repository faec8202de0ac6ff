import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { CellSpec } from "../../api/probe/cell.ts";
import {
  openQuadraticRun,
  quadraticSpectrum,
} from "../../api/probe/engines/fused/quadratic-run.ts";
import { stepNoise } from "../../api/probe/experiments/noise-cell.ts";
import { digestCell, digestProbe } from "../../api/probe/fingerprint.ts";
import { type EngineRequest, resolveProbe } from "../../api/probe/probe-spec.ts";
import { runCell } from "../../api/probe/run-cell.ts";
import { openProbe, type ProbeDeps } from "../../api/probe/run-probe.ts";
import type { QuadraticTask, TeacherTask } from "../../api/probe/tasks/task.ts";
import { fusedEngine, kernels, plainSpec } from "./fixtures.ts";
import { randomRows } from "./random-data.ts";
import { expectedLoss, quadraticOracle } from "./reference/quadratic-oracle.ts";
import { createReferenceEngine } from "./reference/reference-engine.ts";

const deps = (): ProbeDeps => {
  const own = kernels();
  return { engine: fusedEngine(), openQuadratic: (...run) => openQuadraticRun(own, ...run) };
};
const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> =>
  new Uint8Array(createHash("sha256").update(bytes).digest()).buffer;

const quadratic: QuadraticTask = {
  kind: "quadratic",
  dimensions: 100,
  spectrumExponent: 1,
  initialVariance: 1,
  replicas: 64,
  targetLoss: 0.05,
};
const teacher: TeacherTask = {
  kind: "teacher",
  inputFeatures: 16,
  classes: 3,
  trainExamples: 3000,
  validationExamples: 300,
  labelNoiseFraction: 0.05,
  covarianceExponent: 1,
};

const smallText: EngineRequest["task"] = {
  kind: "language",
  synthetic: {
    vocabulary: 40,
    tokens: 100_000,
    zipfExponent: 1.1,
    copyDistanceTokens: 7,
    copyFraction: 0.4,
  },
};
const smallDecoder: NonNullable<EngineRequest["model"]> = {
  kind: "transformer",
  layers: 1,
  dModel: 16,
  heads: 2,
  contextTokens: 16,
  tiedHead: true,
};

async function runWhole(request: EngineRequest) {
  const opened = openProbe(deps(), resolveProbe(request));
  if (opened.status !== "ok") throw new Error(opened.reason);
  const prints: { id: string; fingerprint: Uint8Array<ArrayBuffer> }[] = [];
  const work = opened.run(({ id }, { fingerprint }) => {
    prints.push({ id, fingerprint });
  });
  let largestSlice = 0;
  let before = 0;
  let next = work.next();
  while (!next.done) {
    largestSlice = Math.max(largestSlice, next.value.flopsDone - before);
    before = next.value.flopsDone;
    next = work.next();
  }
  const cells = await Promise.all(
    prints.map(async ({ id, fingerprint }) => ({
      id,
      digest: await digestCell(sha256, fingerprint),
    })),
  );
  return { ...next.value, digest: await digestProbe(sha256, cells), largestSlice };
}

describe("a probe", () => {
  it("of the noisy quadratic model finds the closed form's steps within 6 % and its B_c within 12 %, three seeds each", async () => {
    const batchExamples = [1, 4, 16, 64, 256, 1024, 4096, 16384];
    const oracle = quadraticOracle(quadraticSpectrum(quadratic), batchExamples, 0.05);
    expect(oracle.bCrit).toBeGreaterThan(104);
    expect(oracle.bCrit).toBeLessThan(108);
    for (const seed of [1, 2, 3]) {
      const task = quadratic;
      const probe = await runWhole({ experiment: "critical-batch", task, batchExamples, seed });
      if (probe.answer.experiment !== "critical-batch") throw new Error("experiment");
      const { result } = probe.answer;
      expect(result.status).toBe("bracketed");
      result.points.forEach((point, i) => {
        expect(Math.abs(point.steps / oracle.points[i]!.steps - 1)).toBeLessThan(0.06);
      });
      expect(Math.abs(result.bCritExamples!.value / oracle.bCrit - 1)).toBeLessThan(0.12);
    }
  });

  it("simulates the quadratic model's expected loss: 4,096 chains within 3 % of the closed form", () => {
    const task = { ...quadratic, replicas: 4096 };
    const run = openQuadraticRun(kernels(), task, 4, 0.4, 11);
    const h = quadraticSpectrum(task);
    expect(run.loss()).toBeCloseTo(expectedLoss(h, 1, 4, 0.4, 0), 4);
    for (const step of [1, 10, 100, 400]) {
      run.advance(step);
      expect(Math.abs(run.loss() / expectedLoss(h, 1, 4, 0.4, step) - 1)).toBeLessThan(0.03);
    }
  });

  it("answers the same and with the same digest when it runs twice, another seed with another", async () => {
    const request: EngineRequest = { experiment: "noise-scale", task: teacher };
    const first = await runWhole(request);
    const again = await runWhole(request);
    expect(again).toEqual(first);
    expect((await runWhole({ ...request, seed: 2 })).digest).not.toBe(first.digest);
    if (first.answer.experiment !== "noise-scale") throw new Error("experiment");
    expect(first.answer.result.status).toBe("measured");
    expect(first.answer.result.points).toHaveLength(8);
  });

  it("works in slices of at most 3e8 FLOPs and stays under its ceiling", async () => {
    const batchExamples = [8, 64, 2048];
    const probe = await runWhole({ experiment: "learning-rate", task: teacher, batchExamples });
    expect(probe.largestSlice).toBeLessThanOrEqual(3e8);
    expect(probe.flops.done).toBeLessThanOrEqual(probe.flops.ceiling);
    if (probe.answer.experiment !== "learning-rate") throw new Error("experiment");
    const { optima } = probe.answer.result;
    expect(optima.map(({ status }) => status)).toEqual(["ok", "ok", "ok"]);
    const rates = optima.map(({ peakLearningRate }) => peakLearningRate!);
    expect(rates[0]!).toBeLessThan(rates[2]!);
  });

  it.each(["critical-batch", "noise-scale"] as const)(
    "%s on the default teacher does 0.5 to 1.5 of the FLOPs expected, in slices of at most 3e8",
    { timeout: 60_000 },
    async (experiment) => {
      const task = { ...teacher, inputFeatures: 64, classes: 10, trainExamples: 32768 };
      const { flops, largestSlice } = await runWhole({ experiment, task });
      expect(largestSlice).toBeLessThanOrEqual(3e8);
      expect(flops.done / flops.expected).toBeGreaterThan(0.5);
      expect(flops.done / flops.expected).toBeLessThan(1.5);
    },
  );

  it.each(["critical-batch", "noise-scale"] as const)(
    "%s on a text works in slices of at most 3e8 FLOPs, too, under its ceiling",
    { timeout: 60_000 },
    async (experiment) => {
      const request = { experiment, task: smallText, model: smallDecoder, budgetFlops: 1.2e11 };
      const { flops, largestSlice } = await runWhole(request);
      expect(largestSlice).toBeLessThanOrEqual(3e8);
      expect(flops.done).toBeGreaterThan(1e9);
      expect(flops.done).toBeLessThanOrEqual(1.2e11);
    },
  );

  it("never passes a ceiling, however low, in any experiment", async () => {
    for (const experiment of ["critical-batch", "noise-scale", "learning-rate"] as const) {
      for (const budgetFlops of [1e6, 1e8, 1e9, 3e9, 1e10]) {
        const { flops } = await runWhole({ experiment, task: teacher, budgetFlops });
        expect(flops.done).toBeLessThanOrEqual(budgetFlops);
      }
    }
  });

  it("stops at its budget and says so", async () => {
    const probe = await runWhole({ experiment: "critical-batch", task: teacher, budgetFlops: 3e9 });
    expect(probe.flops.done).toBeLessThanOrEqual(3e9);
    if (probe.answer.experiment !== "critical-batch") throw new Error("experiment");
    expect(probe.answer.result.status).not.toBe("bracketed");
  });

  it("refuses a task that does not fit, by name", () => {
    const refuse = (request: Partial<EngineRequest>) => () =>
      resolveProbe({ experiment: "critical-batch", task: teacher, ...request });
    expect(refuse({ seed: -1 })).toThrow(/seed/);
    expect(refuse({ batchExamples: [0.5] })).toThrow(/batchExamples/);
    expect(refuse({ task: quadratic, experiment: "noise-scale" })).toThrow(/quadratic/);
    const text = new Uint8Array(10);
    expect(refuse({ task: { kind: "language", text }, model: plainSpec.model })).toThrow(/model/);
    const spec = resolveProbe({ experiment: "noise-scale", task: { kind: "language", text } });
    expect(openProbe(deps(), spec)).toMatchObject({ status: "unusable", reason: "text-too-short" });
  });
});

describe("a cell", () => {
  it("on the reference engine follows the same curve as on the fused one to 1e-4", () => {
    const dataset = randomRows(6, 3, 60);
    const cell: CellSpec = {
      kind: "training",
      id: "twin",
      training: { ...plainSpec, averaging: { kind: "polynomial", power: 8 }, curvature: false },
      stop: { maxSteps: 40, startLoss: 2 },
      evaluationExamples: 60,
    };
    const run = (engine: ProbeDeps["engine"]) => {
      const work = runCell({ ...deps(), engine, dataset }, cell);
      let next = work.next();
      while (!next.done) next = work.next();
      return next.value;
    };
    const fused = run(fusedEngine());
    const twin = run(createReferenceEngine());
    expect(fused.curve.map(({ step }) => step)).toEqual(twin.curve.map(({ step }) => step));
    fused.curve.forEach(({ loss }, i) => {
      expect(Math.abs(loss / twin.curve[i]!.loss - 1)).toBeLessThan(1e-4);
    });
    expect(fused.records).toHaveLength(40);
  });

  it("ends as diverged when the loss runs away, with a finite fingerprint", () => {
    const dataset = randomRows(6, 3, 60);
    const training = { ...plainSpec, peakLearningRate: 1e9, curvature: false };
    const stop = { maxSteps: 40, startLoss: 1.1 };
    const cell: CellSpec = { kind: "training", id: "x", training, stop, evaluationExamples: 60 };
    const work = runCell({ ...deps(), dataset }, cell);
    let next = work.next();
    while (!next.done) next = work.next();
    expect(next.value.status).toBe("diverged");
    expect(next.value.finalLoss).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("gradient noise", () => {
  it("of one full epoch has the exact tr(Sigma) and |G|^2 of the enumerated population as its mean", () => {
    // All pairs of a population of 12: sampling without replacement, so Sigma carries N/(N-1) (one
    // example's covariance about the population mean) and the estimators are exactly unbiased.
    const dataset = randomRows(5, 3, 12);
    const session = fusedEngine().open(plainSpec, dataset);
    const everyone = Uint8Array.from({ length: 12 }, (_, i) => i);
    const population = session.measureGradient(Uint32Array.from(everyone));
    const g2 = population.gradient.reduce((sum, g) => sum + g * g, 0);
    const m2 = population.exampleGradSqNorms!.reduce((a, b) => a + b, 0) / 12;
    const traceSigma = ((m2 - g2) * 12) / 11;
    let trace = 0;
    let norm = 0;
    let pairs = 0;
    for (let i = 0; i < 12; i += 1) {
      for (let j = i + 1; j < 12; j += 1) {
        const pair = session.measureGradient(Uint32Array.of(i, j));
        const mean = (pair.exampleGradSqNorms![0]! + pair.exampleGradSqNorms![1]!) / 2;
        const batchGradSqNorm = pair.gradient.reduce((sum, g) => sum + g * g, 0);
        const noise = stepNoise(
          { lossNats: pair.meanLoss, batchGradSqNorm, meanExampleGradSqNorm: mean },
          2,
        );
        trace += noise.traceSigma;
        norm += noise.gradSqNorm;
        pairs += 1;
      }
    }
    expect(trace / pairs / traceSigma).toBeCloseTo(1, 4);
    // Mean of g_i . g_j over distinct pairs.
    expect(norm / pairs / (g2 - traceSigma / 12)).toBeCloseTo(1, 3);
  });

  it("of the worked example of docs/method.md is 7/3 and 2/3", () => {
    const noise = stepNoise({ lossNats: 0, meanExampleGradSqNorm: 3, batchGradSqNorm: 1.25 }, 4);
    expect(noise.traceSigma).toBeCloseTo(7 / 3, 12);
    expect(noise.gradSqNorm).toBeCloseTo(2 / 3, 12);
  });
});
