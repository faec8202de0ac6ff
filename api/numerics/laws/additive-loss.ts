import type { LawInputs, LawOutput } from "./law.ts";

/** Constants of the additive loss law L = E + A/N^alpha + G_D/D^beta; N total parameters. */
export interface AdditiveLossConstants {
  readonly irreducibleLossNats: number;
  readonly paramCoefficient: number;
  readonly dataCoefficient: number;
  readonly paramExponent: number;
  readonly dataExponent: number;
}

/**
 * Returns the loss of a run of D tokens with N parameters.
 *
 *   L(N, D) = E + A/N^alpha + G_D/D^beta
 *
 * @param constants - the fit.
 * @param totalParams - N; parameters.
 * @param trainingTokens - D; tokens.
 * @returns nats per token.
 * @source arXiv:2203.15556, eq. (10)
 */
export function additiveLossNats(
  constants: AdditiveLossConstants,
  totalParams: number,
  trainingTokens: number,
): number {
  const c = constants;
  const paramTerm = c.paramCoefficient / totalParams ** c.paramExponent;
  return c.irreducibleLossNats + paramTerm + c.dataCoefficient / trainingTokens ** c.dataExponent;
}

/**
 * Returns the number of parameters that gives the lowest loss for C = 6 N D.
 *
 *   N_opt = g (C/6)^a,   a = beta/(alpha + beta),   g = (alpha A / (beta G_D))^(1/(alpha + beta))
 *
 * @param constants - the fit.
 * @param trainingFlops - C; FLOPs.
 * @returns total parameters; the tokens are C/(6 N_opt).
 * @source arXiv:2203.15556, eq. (4)
 */
function computeOptimalParams(constants: AdditiveLossConstants, trainingFlops: number): number {
  const c = constants;
  const exponentSum = c.paramExponent + c.dataExponent;
  const balance = (c.paramExponent * c.paramCoefficient) / (c.dataExponent * c.dataCoefficient);
  return balance ** (1 / exponentSum) * (trainingFlops / 6) ** (c.dataExponent / exponentSum);
}

/** The four formulas every additive loss law answers with, without their uncertainties. */
export function additiveLossFormulas(
  constants: AdditiveLossConstants,
): Record<
  "loss" | "efficientLoss" | "params" | "tokens",
  Pick<LawOutput, "quantity" | "formula" | "requires" | "predict">
> {
  const c = constants;
  const loss = `${c.irreducibleLossNats} + ${c.paramCoefficient}/totalParams^${c.paramExponent} + ${c.dataCoefficient}/trainingTokens^${c.dataExponent}`;
  const optimalParams = (i: LawInputs & { readonly trainingFlops: number }): number =>
    computeOptimalParams(c, i.trainingFlops);
  const params =
    "argmin over totalParams of the loss law at trainingTokens = trainingFlops/(6*totalParams)";
  return {
    loss: {
      quantity: "lossNats",
      formula: `lossNats = ${loss}`,
      requires: ["totalParams", "trainingTokens"],
      predict: (i) => additiveLossNats(c, i.totalParams, i.trainingTokens),
    },
    efficientLoss: {
      quantity: "lossNats",
      formula: `lossNats = min over totalParams of ${loss}, trainingTokens = trainingFlops/(6*totalParams)`,
      requires: ["trainingFlops"],
      predict: (i) => {
        const n = optimalParams(i);
        return additiveLossNats(c, n, i.trainingFlops / (6 * n));
      },
    },
    params: {
      quantity: "totalParams",
      formula: `totalParams = ${params}`,
      requires: ["trainingFlops"],
      predict: optimalParams,
    },
    tokens: {
      quantity: "trainingTokens",
      formula: `trainingTokens = trainingFlops/(6*totalParams), totalParams = ${params}`,
      requires: ["trainingFlops"],
      predict: (i) => i.trainingFlops / (6 * optimalParams(i)),
    },
  };
}
