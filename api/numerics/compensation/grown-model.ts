import { requireInRange, requirePositive } from "../guards.ts";

/** A model by the counts that laws and readers use. */
export interface ModelSizes {
  /** N_ne; of a mixture of experts the active ones. */
  readonly nonEmbeddingParams: number;
  /** Parameters one token meets, embeddings included; equal to totalParams for a dense model. */
  readonly computeParams: number;
  readonly totalParams: number;
}

/**
 * The model grown by a ratio of the parameters that a loss law counts.
 *
 *   N = N_ne + w N_ne^(1/3),   w from the model itself
 *
 * Embeddings grow with the width, and at a fixed aspect ratio the width grows as N_ne^(1/3): the rule of Pearce
 * and Song with the coefficient of this model instead of an average one. Experts grow in proportion.
 *
 * @param model - counts before; nonEmbeddingParams <= computeParams <= totalParams.
 * @param ratio - N'/N of the count that the law uses; above 0.
 * @param counted - that count: `total` is N of one token with embeddings.
 * @returns counts after.
 * @throws {RangeError} when a count or the ratio is not finite and above 0.
 * @source arXiv:2406.12907, relation of total and non-embedding parameters.
 */
export function growModel(
  model: ModelSizes,
  ratio: number,
  counted: "total" | "non-embedding",
): ModelSizes {
  const n = requirePositive("nonEmbeddingParams", model.nonEmbeddingParams);
  const compute = requireInRange("computeParams", model.computeParams, n, Number.MAX_VALUE);
  requirePositive("ratio", ratio);
  const w = (compute - n) / Math.cbrt(n);
  const nonEmbeddingParams = counted === "total" ? rootOf(w, compute * ratio) : n * ratio;
  const computeParams = nonEmbeddingParams + w * Math.cbrt(nonEmbeddingParams);
  const isDense = model.totalParams <= compute;
  const totalParams = isDense ? computeParams : model.totalParams * (nonEmbeddingParams / n);
  return { nonEmbeddingParams, computeParams, totalParams };
}

/** n with n + w n^(1/3) = total: Newton falls to the only root of u^3 + w u from above. */
function rootOf(w: number, total: number): number {
  let u = Math.cbrt(total);
  for (let step = 0; step < 100; step++) {
    const move = (u * u * u + w * u - total) / (3 * u * u + w);
    u -= move;
    if (Math.abs(move) <= 1e-15 * u) break;
  }
  return u * u * u;
}
