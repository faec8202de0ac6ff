import { requirePositive } from "../guards.ts";

/** The shape of a decoder; counts. */
export interface ModelShape {
  readonly layers: number;
  readonly dModel: number;
  readonly dFfn: number;
  readonly vocabularySize: number;
}

const embeddingFactor = 47491;

/**
 * Returns total parameters from non-embedding ones by the empirical relation of a family of GPT-style models.
 *
 *   N_total = N_ne + 47491 * N_ne^(1/3)
 *
 * @param nonEmbeddingParams - N_ne; above 0.
 * @returns parameters with embeddings.
 * @throws {RangeError} when N_ne is not finite and above 0.
 * @source arXiv:2406.12907, relation between total and non-embedding parameters; constant unverified
 * @example totalFromNonEmbeddingParams(1e6) is 5.749e6
 */
export function totalFromNonEmbeddingParams(nonEmbeddingParams: number): number {
  requirePositive("nonEmbeddingParams", nonEmbeddingParams);
  return nonEmbeddingParams + embeddingFactor * Math.cbrt(nonEmbeddingParams);
}

/**
 * Returns non-embedding parameters from total ones: the inverse of {@link totalFromNonEmbeddingParams}.
 *
 *   u^3 + 47491 u = N_total,   N_ne = u^3
 *
 * The left-hand side rises and is convex for u > 0, so Newton's method falls to the only root from cbrt(N_total).
 *
 * @param totalParams - N_total; above 0.
 * @returns parameters without embeddings, below the total.
 * @throws {RangeError} when N_total is not finite and above 0.
 * @source arXiv:2406.12907, relation between total and non-embedding parameters; constant unverified
 * @example nonEmbeddingFromTotalParams(5749100) is 1e6
 */
export function nonEmbeddingFromTotalParams(totalParams: number): number {
  requirePositive("totalParams", totalParams);
  let u = Math.min(Math.cbrt(totalParams), totalParams / embeddingFactor);
  for (let iteration = 0; iteration < 100; iteration++) {
    const step = (u * u * u + embeddingFactor * u - totalParams) / (3 * u * u + embeddingFactor);
    u -= step;
    if (Math.abs(step) <= 1e-15 * u) break;
  }
  return u * u * u;
}

/**
 * Returns the non-embedding parameters of a shape: attention and feed-forward matrices, no biases or norms.
 *
 *   N_ne = layers (4 d^2 + m d d_ffn),   m = 2 when d_ffn = 4 d (plain), else 3 (gated)
 *
 * @param shape - layers, model width, feed-forward width.
 * @throws {RangeError} when a count is not finite and above 0.
 * @source arXiv:2001.08361, Table 1; arXiv:2002.05202, section 2 (three matrices in a gated block)
 * @example nonEmbeddingParamsOfShape of 12 layers of 768 and 3072 is 84934656
 */
export function nonEmbeddingParamsOfShape(
  shape: Pick<ModelShape, "layers" | "dModel" | "dFfn">,
): number {
  const layers = requirePositive("layers", shape.layers);
  const d = requirePositive("dModel", shape.dModel);
  const ffn = requirePositive("dFfn", shape.dFfn);
  const matrices = ffn === 4 * d ? 2 : 3;
  return layers * (4 * d * d + matrices * d * ffn);
}

/**
 * Returns the total parameters of a shape with one embedding matrix, shared with the output layer.
 *
 *   N_total = N_ne + vocabularySize * d
 *
 * @param shape - layers, widths and vocabulary.
 * @throws {RangeError} when a count is not finite and above 0.
 * @source arXiv:2001.08361, Table 1
 * @example totalParamsOfShape of 12 layers of 768 and 3072 with 50257 tokens is 123532032
 */
export function totalParamsOfShape(shape: ModelShape): number {
  const vocabularySize = requirePositive("vocabularySize", shape.vocabularySize);
  return nonEmbeddingParamsOfShape(shape) + vocabularySize * shape.dModel;
}

/**
 * Returns training FLOPs per token as DeepSeek counts them: non-embedding matrices and attention.
 *
 *   M = 6 N_ne + 12 layers d s          (72 layers d^2 + 12 layers d s for a plain block)
 *
 * @param shape - layers and widths.
 * @param sequenceLengthTokens - s; tokens.
 * @returns FLOPs per token; times D it is the C of bi2024-deepseek.
 * @throws {RangeError} when a count is not finite and above 0.
 * @source arXiv:2401.02954, eq. (2)
 * @example nonEmbeddingFlopsPerToken of 30 layers of 4096 and 16384 at 4096 is 4.228e10
 */
export function nonEmbeddingFlopsPerToken(
  shape: Pick<ModelShape, "layers" | "dModel" | "dFfn">,
  sequenceLengthTokens: number,
): number {
  const s = requirePositive("sequenceLengthTokens", sequenceLengthTokens);
  return 6 * nonEmbeddingParamsOfShape(shape) + 12 * shape.layers * shape.dModel * s;
}
