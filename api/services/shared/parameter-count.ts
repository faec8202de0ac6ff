import { nonEmbeddingFromTotalParams } from "../../numerics/laws/params-conversion.ts";
import { convertedCount } from "./converted-count.ts";
import type { Notice } from "./notices.ts";

/** A model by one of its two counts. */
export interface FlatParams {
  readonly nonEmbeddingParams?: number | undefined;
  readonly totalParams?: number | undefined;
}

// The conversion was fitted on real models; below a few thousand parameters it would leave less than one.
const FEWEST_PARAMS = 1;

/**
 * Returns the parameters without embeddings; total parameters are converted by the one named rule.
 *
 *   N_total = N_ne + 47491 N_ne^(1/3)
 *
 * @param notices - receives the conversion, if there was one.
 * @source arXiv:2406.12907, section 3 (its constant is unverified)
 */
export function nonEmbeddingCount(params: FlatParams, notices: Notice[]): number {
  const { nonEmbeddingParams, totalParams } = params;
  if (nonEmbeddingParams !== undefined) return nonEmbeddingParams;
  const count = Math.max(nonEmbeddingFromTotalParams(totalParams ?? FEWEST_PARAMS), FEWEST_PARAMS);
  notices.push(convertedCount("nonEmbeddingParams", count, "totalParams"));
  return count;
}
