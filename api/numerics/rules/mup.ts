import { requireInRange, requirePositive } from "../guards.ts";

/** What multiplies a hidden layer's hyper-parameters when width and depth grow. */
export interface MupRatios {
  readonly hiddenLearningRateRatio: number;
  readonly hiddenInitVarianceRatio: number;
  readonly residualBranchRatio: number;
  readonly normLearningRateRatio: number;
  readonly adamEpsilonRatio: number;
  readonly weightDecayRatio: number;
  readonly outputLogitsRatio: number;
}

/**
 * Returns how hyper-parameters move with width and depth so that they keep their meaning.
 *
 *   hidden LR m_L^(alpha-1)/m_N,  residual m_L^-alpha,  epsilon m_L^-alpha/m_N,  weight decay m_N
 *
 * Transfers a learning rate across width and depth, neither across token horizon nor across batch.
 *
 * @param widthRatio - m_N; new width / base width.
 * @param depthRatio - m_L; new depth / base depth.
 * @param depthExponent - alpha; 1 for CompleteP, 0.5 for depth-muP.
 * @throws {RangeError} when a ratio is not finite and above 0, or alpha lies outside [0.5, 1].
 * @source arXiv:2505.01618, Table 1; arXiv:2203.03466, Table 8
 * @example mupRatios(4, 2, 1).adamEpsilonRatio === 0.125
 */
export function mupRatios(
  widthRatio: number,
  depthRatio: number,
  depthExponent: number,
): MupRatios {
  const mN = requirePositive("widthRatio", widthRatio);
  const mL = requirePositive("depthRatio", depthRatio);
  const alpha = requireInRange("depthExponent", depthExponent, 0.5, 1);
  return {
    hiddenLearningRateRatio: mL ** (alpha - 1) / mN,
    hiddenInitVarianceRatio: 1 / mN,
    residualBranchRatio: mL ** -alpha,
    normLearningRateRatio: mL ** (alpha - 1),
    adamEpsilonRatio: mL ** -alpha / mN,
    weightDecayRatio: mN,
    outputLogitsRatio: 1 / mN,
  };
}
