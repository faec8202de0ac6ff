// What a training session is and refuses, whichever engine runs it.
import { countExamples, exampleMultiplyAdds, shapeModel } from "../model-shape.ts";
import type { ProbeDataset, TrainingSession, TrainingSpec } from "../training-session.ts";

export type RunSize = Pick<
  TrainingSession,
  | "paramCount"
  | "trainExamples"
  | "validationExamples"
  | "trainFlopsPerExample"
  | "evaluationFlopsPerExample"
>;

/** Counts and costs of a run, from its model and its data alone. */
export function runSize({ model }: TrainingSpec, dataset: ProbeDataset): RunSize {
  const shape = shapeModel(model, dataset);
  const cost = exampleMultiplyAdds(shape);
  return {
    paramCount: shape.paramCount,
    trainExamples: countExamples(model, dataset, "train"),
    validationExamples: countExamples(model, dataset, "validation"),
    trainFlopsPerExample: 2 * (cost.forward + cost.backward),
    evaluationFlopsPerExample: 2 * cost.forward,
  };
}

// Smaller than eps^(1/3) = 0.004: an RMSNorm over small embeddings bends on their scale, and at 0.0003 truncation and
// rounding are both below 1e-3.
const DIFFERENCE_STEP = 0.0003;

/**
 * Radius r of the central difference H v = (grad(w + r v) - grad(w - r v)) / (2 r).
 *
 * @param directionNorm - |v|, above 0.
 * @param weightsNorm - |w|.
 */
export function differenceRadius(directionNorm: number, weightsNorm: number): number {
  return Math.fround((DIFFERENCE_STEP * (1 + weightsNorm)) / directionNorm);
}

/** @throws {RangeError} unless `count` examples from `first` on are all validation examples. */
export function requireValidationRange(
  { validationExamples }: RunSize,
  first: number,
  count: number,
) {
  if (first >= 0 && count >= 0 && first + count <= validationExamples) return;
  throw new RangeError(`"count" must end within ${validationExamples} examples`);
}

/** @throws {RangeError} unless `values` holds every weight of the run. */
export function requireWeights({ paramCount }: RunSize, values: Float32Array): void {
  if (values.length === paramCount) return;
  throw new RangeError(`"values" must hold ${paramCount} weights`);
}

export function sessionEnded(): RangeError {
  return new RangeError("this session ended when the next one was opened");
}

export function insideStep(): RangeError {
  return new RangeError("gradients can be measured only between whole steps");
}

export function foreignCheckpoint(): RangeError {
  return new RangeError('"checkpoint" belongs to another spec');
}
