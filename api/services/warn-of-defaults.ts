import type { Warning } from "../../schemas/common.ts";
import type { RecommendationRequest } from "../../schemas/recommendation-request.ts";

/** The defaults of the wire contract that this request leaves to the service, each as a warning. */
export function assumedDefaults(request: RecommendationRequest): Warning[] {
  const assumed: (readonly [boolean, string, string])[] = [
    [request.task === undefined, "task-assumed", 'task "lm-pretraining"'],
    [request.objective === undefined, "objective-assumed", 'objective "loss"'],
    [request.optimizer?.kind === undefined, "optimizer-assumed", "AdamW"],
    [
      request.schedule?.kind === undefined,
      "schedule-assumed",
      "cosine decay to at most a tenth of the peak",
    ],
  ];
  return assumed
    .filter(([missing]) => missing)
    .map(([, code, what]) => ({ code, detail: `Not given: ${what} is assumed.` }));
}
