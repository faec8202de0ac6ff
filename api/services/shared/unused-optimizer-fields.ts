import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import type { Notice } from "./notices.ts";

/** Warns of fields of the optimizer that its kind does not have; without a kind it is AdamW. */
export function unusedOptimizerFields(
  optimizer: NonNullable<RecommendationRequest["optimizer"]> = {},
): Notice[] {
  const { kind = "adamw" } = optimizer;
  const fields =
    kind === "adam" || kind === "adamw"
      ? (["momentum"] as const)
      : (["adamBeta1", "adamBeta2", "adamEpsilon"] as const);
  const unused = fields.filter((field) => optimizer[field] !== undefined);
  if (unused.length === 0) return [];
  return [
    { code: "optimizer-field-not-used", detail: `${kind} has no ${unused.join(", ")}: not used.` },
  ];
}
