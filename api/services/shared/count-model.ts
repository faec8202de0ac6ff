import type { ModelSize } from "../../../schemas/recommendations/blocks.ts";
import {
  nonEmbeddingFromTotalParams,
  nonEmbeddingParamsOfShape,
  totalFromNonEmbeddingParams,
  totalParamsOfShape,
} from "../../numerics/laws/params-conversion.ts";
import { convertedCount } from "./converted-count.ts";
import { roundForWire } from "./estimates.ts";
import type { Notice } from "./notices.ts";
import type { SettledNumber } from "./settled-number.ts";

/** A model by both counts that laws use. */
export interface ModelCount {
  readonly nonEmbeddingParams: SettledNumber;
  readonly totalParams: SettledNumber;
  /** Parameters that one token meets, embeddings included: the N of C = 6 N D. */
  readonly computeParams: number;
  readonly mixtureOfExperts: boolean;
  readonly fromShape: boolean;
}

// A factor of two either way as an 80 % interval: widths and vocabularies of one parameter count differ that much.
const EMBEDDING_SD_LOG = 0.54;
// The conversion was fitted on real models; below a few thousand parameters it would leave less than one.
const FEWEST_PARAMS = 1;

/**
 * Returns both parameter counts of a model; the one that was not given is converted by one named rule.
 *
 *   N_total = N_ne + 47491 N_ne^(1/3)      or, from a shape, N_ne + vocabulary x width
 *
 * @param notices - receives what was assumed.
 * @param sdLog - sd of ln of the given count; 0 when the caller gave it.
 * @source arXiv:2406.12907, section 3 (its constant is unverified)
 */
export function countModel(model: ModelSize, notices: Notice[], sdLog = 0): ModelCount {
  if ("shape" in model) return countShape(model.shape, notices);
  if ("activeNonEmbeddingParams" in model) return countExperts(model, notices);
  if ("nonEmbeddingParams" in model) {
    const count = model.nonEmbeddingParams;
    const total = totalFromNonEmbeddingParams(count);
    notices.push(convertedCount("model.totalParams", total, "model.nonEmbeddingParams"));
    return dense(count, total, sdLog, "nonEmbeddingParams");
  }
  const total = model.totalParams;
  const rest = Math.max(nonEmbeddingFromTotalParams(total), FEWEST_PARAMS);
  notices.push(convertedCount("model.nonEmbeddingParams", rest, "model.totalParams"));
  return dense(rest, total, sdLog, "totalParams");
}

/** The sd of the embeddings e = k n^(1/3) reaches the other count by d ln N / d ln k = e/N and d ln n / d ln k = -3e/(3n + e). */
function dense(
  nonEmbedding: number,
  total: number,
  sdLog: number,
  given: "nonEmbeddingParams" | "totalParams",
): ModelCount {
  const embedding = Math.max(total - nonEmbedding, 0);
  const slope =
    given === "totalParams" ? (3 * embedding) / (3 * nonEmbedding + embedding) : embedding / total;
  const converted = Math.hypot(sdLog, EMBEDDING_SD_LOG * slope);
  return {
    nonEmbeddingParams: {
      value: nonEmbedding,
      sdLog: given === "nonEmbeddingParams" ? sdLog : converted,
    },
    totalParams: { value: total, sdLog: given === "totalParams" ? sdLog : converted },
    computeParams: total,
    mixtureOfExperts: false,
    fromShape: false,
  };
}

type Shape = Extract<ModelSize, { shape: unknown }>["shape"];

function countShape(shape: Shape, notices: Notice[]): ModelCount {
  const nonEmbeddingParams = nonEmbeddingParamsOfShape(shape);
  const totalParams = totalParamsOfShape(shape);
  notices.push({
    field: "model.nonEmbeddingParams",
    value: roundForWire(nonEmbeddingParams),
    detail:
      "Counted from the shape with full attention heads, tied embeddings and a gated feed-forward block " +
      "(two matrices instead of three when dFfn is 4 x dModel).",
  });
  return {
    nonEmbeddingParams: { value: nonEmbeddingParams, sdLog: 0 },
    totalParams: { value: totalParams, sdLog: 0 },
    computeParams: totalParams,
    mixtureOfExperts: false,
    fromShape: true,
  };
}

function countExperts(
  model: Extract<ModelSize, { activeNonEmbeddingParams: unknown }>,
  notices: Notice[],
): ModelCount {
  const active = model.activeNonEmbeddingParams;
  notices.push({
    code: "mixture-of-experts",
    detail:
      "The laws were fitted on dense models: the active parameters stand in for them and the intervals are wider.",
  });
  return {
    nonEmbeddingParams: { value: active, sdLog: 0 },
    totalParams: { value: model.totalParams, sdLog: 0 },
    computeParams: Math.min(totalFromNonEmbeddingParams(active), model.totalParams),
    mixtureOfExperts: true,
    fromShape: false,
  };
}
