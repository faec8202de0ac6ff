import type {
  CellCheckpoint,
  CellResult,
  CellSpec,
  CellStop,
  CurvatureNoise,
  SliceProgress,
} from "./cell.ts";
import type { QuadraticRun } from "./engines/fused/quadratic-run.ts";
import { fingerprintRun } from "./fingerprint.ts";
import { microBatchesPerSlice, SLICE_FLOPS, stepFlops } from "./flop-count.ts";
import { measureCurvature } from "./measure-curvature.ts";
import { type CurvePoint, nextEvaluationStep, stepsToTarget } from "./steps-to-target.ts";
import type { QuadraticTask } from "./tasks/task.ts";
import type { ProbeDataset, ProbeEngine, StepRecord } from "./training-session.ts";

/** What a cell needs to run; the composition root gives the engines. */
export type CellDeps = {
  readonly engine: ProbeEngine;
  readonly dataset?: ProbeDataset;
  readonly openQuadratic: (
    task: QuadraticTask,
    batchExamples: number,
    learningRate: number,
    seed: number,
  ) => QuadraticRun;
};

/** A run as the follower sees it: it can go on to a step and tell its loss. */
type Runner = {
  readonly step: () => number;
  readonly diverged: () => boolean;
  readonly advance: (untilStep: number) => Generator<SliceProgress, void>;
  readonly evaluate: () => Generator<SliceProgress, number>;
  readonly save: () => Pick<CellCheckpoint, "records" | "curvature" | "session">;
};

type Followed = {
  readonly status: CellResult["status"];
  readonly curve: readonly CurvePoint[];
  readonly steps?: number;
  readonly flopsDone: number;
};

// Progress of one generator, its FLOPs added to a running sum.
function* metered<T>(
  work: Generator<SliceProgress, T>,
  meter: { flops: number },
): Generator<SliceProgress, T> {
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
    meter.flops += next.value.flopsDone;
    yield next.value;
  }
}

// An advance may be cut after every slice; an evaluation is finished first.
function* resumable(
  work: Generator<SliceProgress, void>,
  checkpoint: () => CellCheckpoint,
): Generator<SliceProgress, void> {
  for (const slice of work) yield { ...slice, checkpoint };
}

function* followRun(
  runner: Runner,
  stop: CellStop,
  from: CellCheckpoint | undefined,
  interrupts: readonly number[],
  onInterrupt: () => Generator<SliceProgress, void>,
): Generator<SliceProgress, Followed> {
  const meter = { flops: from?.flopsDone ?? 0 };
  const curve: CurvePoint[] = [...(from?.curve ?? [])];
  let point: CurvePoint = curve[curve.length - 1] ?? { step: 0, loss: stop.startLoss };
  let pause = interrupts.filter((step) => step <= point.step).length;
  const checkpoint = (): CellCheckpoint => ({
    curve: [...curve],
    flopsDone: meter.flops,
    ...runner.save(),
  });
  const followed = (status: CellResult["status"], steps?: number): Followed => ({
    status,
    curve,
    flopsDone: meter.flops,
    ...(steps === undefined ? {} : { steps }),
  });
  while (point.step < stop.maxSteps) {
    const due = nextEvaluationStep(point, stop.startLoss, stop.targetLoss);
    const next = Math.min(due, stop.maxSteps, interrupts[pause] ?? stop.maxSteps);
    yield* resumable(metered(runner.advance(next), meter), checkpoint);
    const loss = runner.diverged() ? Number.NaN : yield* metered(runner.evaluate(), meter);
    if (!(loss <= 4 * stop.startLoss)) return followed("diverged");
    point = { step: runner.step(), loss };
    curve.push(point);
    if (point.step === interrupts[pause]) {
      pause += 1;
      yield* metered(onInterrupt(), meter);
    }
    if (stop.targetLoss === undefined) continue;
    const steps = stepsToTarget(curve, stop.targetLoss, point.step === stop.maxSteps);
    if (steps !== undefined) return followed("reached", steps);
  }
  return followed("completed");
}

function* runTraining(
  deps: CellDeps,
  cell: Extract<CellSpec, { kind: "training" }>,
  from: CellCheckpoint | undefined,
): Generator<SliceProgress, CellResult> {
  if (deps.dataset === undefined) throw new RangeError('"dataset" is missing');
  const spec = cell.training;
  const session = deps.engine.open(spec, deps.dataset);
  if (from !== undefined) session.restore(from.session);
  const records: StepRecord[] = [...(from?.records ?? [])];
  const curvature: CurvatureNoise[] = [...(from?.curvature ?? [])];
  const perStep = stepFlops(session, spec);
  const parts = Math.ceil(spec.batchExamples / session.microBatchExamples);
  const slice = microBatchesPerSlice(session, spec);
  const examples = Math.min(cell.evaluationExamples, session.validationExamples);
  if (examples < 1) throw new RangeError('"dataset" holds no validation example');
  const runner: Runner = {
    step: () => session.step,
    diverged: () => session.diverged,
    *advance(untilStep) {
      while (session.step < untilStep && !session.diverged) {
        const worked = session.advance(untilStep, slice);
        if (spec.exampleNorms) records.push(...session.takeRecords());
        else session.takeRecords();
        yield { flopsDone: (worked * perStep) / parts };
      }
    },
    *evaluate() {
      const part = Math.max(1, Math.floor(SLICE_FLOPS / session.evaluationFlopsPerExample));
      let sum = 0;
      for (let first = 0; first < examples; first += part) {
        const count = Math.min(part, examples - first);
        sum += session.sumValidationLoss("average", first, count);
        yield { flopsDone: count * session.evaluationFlopsPerExample, loss: sum / (first + count) };
      }
      return sum / examples;
    },
    save: () => ({
      records: [...records],
      curvature: [...curvature],
      session: session.save(),
    }),
  };
  const measure = cell.curvature;
  const followed = yield* followRun(runner, cell.stop, from, measure?.atSteps ?? [], function* () {
    if (measure) curvature.push(yield* measureCurvature(session, measure, spec.seed));
  });
  const weights = session.readWeights("average");
  return finishCell(
    cell.id,
    session.step,
    session.paramCount,
    followed,
    weights,
    records,
    curvature,
  );
}

function* runQuadratic(
  deps: CellDeps,
  cell: Extract<CellSpec, { kind: "quadratic" }>,
  from: CellCheckpoint | undefined,
): Generator<SliceProgress, CellResult> {
  const { task, batchExamples, peakLearningRate, seed } = cell;
  const run = deps.openQuadratic(task, batchExamples, peakLearningRate, seed);
  if (from !== undefined) run.restore(from.session);
  const slice = Math.max(1, Math.floor(SLICE_FLOPS / run.flopsPerStep));
  const runner: Runner = {
    step: () => run.step,
    diverged: () => run.diverged,
    *advance(untilStep) {
      while (run.step < untilStep) {
        const until = Math.min(untilStep, run.step + slice);
        const flopsDone = (until - run.step) * run.flopsPerStep;
        run.advance(until);
        yield { flopsDone };
      }
    },
    *evaluate() {
      const loss = run.loss();
      yield { flopsDone: run.flopsPerStep / 2, loss };
      return loss;
    },
    save: () => ({ records: [], curvature: [], session: run.save() }),
  };
  const followed = yield* followRun(runner, cell.stop, from, [], function* () {});
  return finishCell(cell.id, run.step, task.dimensions, followed, run.readWeights(), [], []);
}

function finishCell(
  id: string,
  stepsDone: number,
  paramCount: number,
  followed: Followed,
  weights: Float32Array,
  records: readonly StepRecord[],
  curvature: readonly CurvatureNoise[],
): CellResult {
  const { status, curve, steps, flopsDone } = followed;
  let bestLoss = Number.POSITIVE_INFINITY;
  for (const { loss } of curve) bestLoss = Math.min(bestLoss, loss);
  return {
    id,
    status,
    ...(steps === undefined ? {} : { stepsToTarget: steps }),
    stepsDone,
    curve,
    bestLoss,
    finalLoss: status === "diverged" ? Number.POSITIVE_INFINITY : curve[curve.length - 1]!.loss,
    records,
    curvature,
    paramCount,
    flopsDone,
    fingerprint: fingerprintRun(weights, curve, records, curvature),
  };
}

/**
 * Runs one cell in slices of at most 1.5e8 FLOPs; the caller may do other work, or stop, between them.
 *
 * @param from - where an earlier run of the same cell was cut; the result has the same bits either way.
 * @returns status `reached` with the interpolated steps, `completed`, or `diverged` (loss not finite or
 *   above four times the trivial predictor's).
 * @throws {RangeError} when the spec does not fit the data set.
 */
export function* runCell(
  deps: CellDeps,
  cell: CellSpec,
  from?: CellCheckpoint,
): Generator<SliceProgress, CellResult> {
  try {
    return yield* cell.kind === "training"
      ? runTraining(deps, cell, from)
      : runQuadratic(deps, cell, from);
  } finally {
    deps.engine.close?.();
  }
}
