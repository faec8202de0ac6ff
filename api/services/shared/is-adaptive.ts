import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";

type OptimizerKind = NonNullable<RecommendationRequest["optimizer"]>["kind"];

/** Whether the step is divided by the size of the gradient: every optimizer but SGD, with or without momentum. */
export function isAdaptive(kind: OptimizerKind | undefined): boolean {
  return kind !== "sgd" && kind !== "momentum";
}
