/** Constants of Kaplan et al. 2020; N non-embedding, nats per token, WebText2 with a 50257-word vocabulary. */
export const kaplanConstants = {
  paramExponent: 0.076,
  paramScale: 8.8e13,
  dataExponent: 0.095,
  dataScaleTokens: 5.4e13,
  flopsExponent: 0.05,
  flopsScalePfDays: 3.1e8,
  jointParamExponent: 0.076,
  jointDataExponent: 0.103,
  jointParamScale: 6.4e13,
  jointDataScaleTokens: 1.8e13,
  stepsParamExponent: 0.077,
  stepsParamScale: 6.5e13,
  stepsExponent: 0.76,
  stepsScale: 2.1e3,
  bCritScaleTokens: 2.1e8,
  bCritLossExponent: 1 / 0.21,
} as const satisfies Record<string, number>;

const k = kaplanConstants;

/**
 * Returns the test loss L(N, D) of a model trained on D tokens with early stopping.
 *
 *   L(N, D) = [ (N_c/N)^(alpha_N/alpha_D) + D_c/D ]^alpha_D
 *
 * @param nonEmbeddingParams - N; parameters without embeddings; 768 to 1.5e9 in the fit.
 * @param trainingTokens - D; tokens; up to 2.2e10 in the fit.
 * @returns nats per token.
 * @source arXiv:2001.08361, eq. (1.5), Table 2
 * @example kaplanLossNats(1e9, 2e10) is 2.374
 */
export function kaplanLossNats(nonEmbeddingParams: number, trainingTokens: number): number {
  const ratio = k.jointParamExponent / k.jointDataExponent;
  const sum =
    (k.jointParamScale / nonEmbeddingParams) ** ratio + k.jointDataScaleTokens / trainingTokens;
  return sum ** k.jointDataExponent;
}

/**
 * Returns the training loss L(N, S_min) after S_min steps at a batch far above the critical one.
 *
 *   L(N, S_min) = (N_c/N)^alpha_N + (S_c/S_min)^alpha_S
 *
 * @param nonEmbeddingParams - N; parameters without embeddings.
 * @param minSteps - S_min; optimizer steps.
 * @returns nats per token.
 * @source arXiv:2001.08361, eq. (1.6), Table 3
 * @example kaplanLossFromMinSteps(124e6, 5e4) is 2.847
 */
export function kaplanLossFromMinSteps(nonEmbeddingParams: number, minSteps: number): number {
  const paramTerm = (k.stepsParamScale / nonEmbeddingParams) ** k.stepsParamExponent;
  return paramTerm + (k.stepsScale / minSteps) ** k.stepsExponent;
}

/**
 * Returns the critical batch B_c(L) of the training loss reached, whatever the model's size.
 *
 *   B_c(L) = B_star / L^(1/alpha_B)
 *
 * @param lossNats - L; nats per token under the paper's tokenizer.
 * @returns tokens.
 * @source arXiv:2001.08361, eq. (1.4), Table 5 (B_star = 2.1e8; the text rounds to 2e8)
 * @example kaplanBCritTokens(3) is 1.123e6
 */
export function kaplanBCritTokens(lossNats: number): number {
  return k.bCritScaleTokens / lossNats ** k.bCritLossExponent;
}

/**
 * Returns the loss of a run of D tokens at batch B, whose critical batch is the one of the loss it reaches.
 *
 *   L = (N_c/N)^alpha_N + (S_c (B + B_c(L)) / D)^alpha_S          since S_min = D / (B + B_c(L))
 *
 * The right-hand side falls and is convex in L, so Newton's method from the parameter term rises to the only root.
 *
 * @param nonEmbeddingParams - N; parameters without embeddings.
 * @param trainingTokens - D; tokens.
 * @param batchTokens - B; tokens per step.
 * @returns nats per token.
 * @source arXiv:2001.08361, eqs. (1.4), (1.6) and (5.4)
 * @example kaplanLossAtBatch(1e9, 2e10, 262144) is 2.676
 */
export function kaplanLossAtBatch(
  nonEmbeddingParams: number,
  trainingTokens: number,
  batchTokens: number,
): number {
  const paramTerm = (k.stepsParamScale / nonEmbeddingParams) ** k.stepsParamExponent;
  let loss = paramTerm;
  for (let iteration = 0; iteration < 100; iteration++) {
    const bCrit = kaplanBCritTokens(loss);
    const minSteps = trainingTokens / (batchTokens + bCrit);
    const predicted = kaplanLossFromMinSteps(nonEmbeddingParams, minSteps);
    const slope =
      (-k.stepsExponent * (predicted - paramTerm) * k.bCritLossExponent * bCrit) /
      ((batchTokens + bCrit) * loss);
    const step = (predicted - loss) / (1 - slope);
    loss += step;
    if (Math.abs(step) <= 1e-15 * loss) break;
  }
  return loss;
}
