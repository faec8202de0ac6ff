/**
 * Returns the optimal batch of a compute-optimal run (about 20 tokens per parameter).
 *
 *   B = 2048 * 160 * (N / 1.08e8)^(2/3)
 *
 * @param params - N; total parameters; 2.5e7 to 1.1e8 in the fit.
 * @returns tokens, at a sequence length of 2048.
 * @source arXiv:2406.19146, rounded fit in the authors' code
 * @example porianBatchTokens(1.08e8) === 327680
 */
export function porianBatchTokens(params: number): number {
  return 2048 * 160 * (params / 1.08e8) ** (2 / 3);
}

/**
 * Returns the optimal peak learning rate of a compute-optimal run (about 20 tokens per parameter).
 *
 *   lr = 0.0047 * (N / 1.08e8)^(-1/3)
 *
 * @param params - N; total parameters; 2.5e7 to 1.1e8 in the fit.
 * @source arXiv:2406.19146, rounded fit in the authors' code
 * @example porianLearningRate(1.08e8) === 0.0047
 */
export function porianLearningRate(params: number): number {
  return 0.0047 * (params / 1.08e8) ** (-1 / 3);
}
