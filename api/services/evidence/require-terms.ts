import type { IdentifiedLossFit } from "../../../schemas/loss-fits/loss-fit.ts";
import type { ModelSizes } from "../../numerics/compensation/grown-model.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";

// Below, a term is lost in the rounding of the loss; above, no language model has such a loss.
const [SMALLEST_TERM_NATS, LARGEST_TERM_NATS] = [1e-6, 1e3];

/**
 * Makes sure that a given fit says something at the run it is asked about: both its terms can be told from 0.
 *
 * @throws {InvalidRequest} naming the fit when a term lies outside 1e-6 to 1e3 nats.
 */
export function requireTerms(
  fit: IdentifiedLossFit,
  model: ModelSizes,
  trainingTokens: number,
): void {
  const { paramCoefficient: A, paramExponent, dataCoefficient: G, dataExponent } = fit.constants;
  const params = fit.paramsCounted === "total" ? model.computeParams : model.nonEmbeddingParams;
  const terms = {
    paramCoefficient: A.value * params ** -paramExponent.value,
    dataCoefficient: G.value * trainingTokens ** -dataExponent.value,
  };
  for (const [name, nats] of Object.entries(terms)) {
    if (nats >= SMALLEST_TERM_NATS && nats <= LARGEST_TERM_NATS) continue;
    throw new InvalidRequest([
      {
        pointer: `/lossFit/constants/${name}`,
        code: "outside-fit",
        message: `a term from ${SMALLEST_TERM_NATS} to ${LARGEST_TERM_NATS} nats at this run, not ${nats.toPrecision(3)}`,
      },
    ]);
  }
}
