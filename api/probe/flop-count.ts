import type { TrainingSession, TrainingSpec } from "./training-session.ts";

/** Most FLOPs between two chances for other work. */
export const SLICE_FLOPS = 1.5e8;

// Multiply-adds per parameter of one update.
const UPDATE = { sgd: 1, momentum: 2, adam: 5, adamw: 5 } as const;

/**
 * What one pass of the tfjs engine is charged besides its products: its operations take half a millisecond or more to
 * dispatch, in which its WASM backend could have multiplied about this.
 */
const TFJS_PASS_FLOPS = 5e5;

/** Charge of a pass on an engine. */
export function passFlops(engine: string): number {
  return engine === "tfjs" ? TFJS_PASS_FLOPS : 0;
}

/**
 * Work between two turns of the timer, FLOP: a turn costs up to a millisecond and is taken after one to five of work, not
 * after every small slice. A slice of the tfjs engine takes as long by itself.
 */
export function turnFlops(engine: string): number {
  return engine === "tfjs" ? 0 : 2e7;
}

/** FLOPs (2 x multiply-adds) of one whole step: products, gradient norm, update and average. */
export function stepFlops(session: TrainingSession, spec: TrainingSpec): number {
  const average = spec.averaging.kind === "none" ? 0 : 1;
  const norms = spec.exampleNorms && spec.model.kind === "transformer" ? spec.batchExamples : 0;
  const perParam = UPDATE[spec.optimizer.kind] + average + 1 + norms;
  const passes = Math.ceil(spec.batchExamples / session.microBatchExamples);
  const products = session.trainFlopsPerExample * spec.batchExamples;
  return products + 2 * perParam * session.paramCount + passes * (session.passFlops ?? 0);
}

/** Micro-batches that fit one slice, at least one. */
export function microBatchesPerSlice(session: TrainingSession, spec: TrainingSpec): number {
  const parts = Math.ceil(spec.batchExamples / session.microBatchExamples);
  const most = session.mostMicroBatches ?? Number.POSITIVE_INFINITY;
  return Math.min(most, Math.max(1, Math.floor((SLICE_FLOPS * parts) / stepFlops(session, spec))));
}
