import type { TrainingSession, TrainingSpec } from "./training-session.ts";

/** Most FLOPs between two chances for other work. */
export const SLICE_FLOPS = 3e8;

// Multiply-adds per parameter of one update.
const UPDATE = { sgd: 1, momentum: 2, adam: 5, adamw: 5 } as const;

/** FLOPs (2 x multiply-adds) of one whole step: products, gradient norm, update and average. */
export function stepFlops(session: TrainingSession, spec: TrainingSpec): number {
  const average = spec.averaging.kind === "none" ? 0 : 1;
  const norms = spec.exampleNorms && spec.model.kind === "transformer" ? spec.batchExamples : 0;
  const perParam = UPDATE[spec.optimizer.kind] + average + 1 + norms;
  return session.trainFlopsPerExample * spec.batchExamples + 2 * perParam * session.paramCount;
}

/** Micro-batches that fit one slice, at least one. */
export function microBatchesPerSlice(session: TrainingSession, spec: TrainingSpec): number {
  const parts = Math.ceil(spec.batchExamples / session.microBatchExamples);
  return Math.max(1, Math.floor((SLICE_FLOPS * parts) / stepFlops(session, spec)));
}
