import type { Warning } from "../../../schemas/common.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";

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

const SPEED = ["devices", "flopPerSecondPerDevice", "stepOverheadMs"] as const;

/** A warning where a speed is stated of which too little is known to predict any time. */
export function unusedHardware({
  hardware = {},
}: Pick<RecommendationRequest, "hardware">): Warning[] {
  const { flopPerSecondPerDevice, stepOverheadMs } = hardware;
  const missing = SPEED.filter((field) => hardware[field] === undefined);
  const stated = flopPerSecondPerDevice !== undefined || stepOverheadMs !== undefined;
  if (!stated || missing.length === 0) return [];
  const names = missing.map((field) => `hardware.${field}`).join(" and ");
  const isOne = missing.length === 1;
  return [
    {
      code: "hardware-incomplete",
      detail: `${names} ${isOne ? "is" : "are"} missing: the speed of the machines is not used, and no time is predicted.`,
    },
  ];
}
