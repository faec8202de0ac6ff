import type { Assumption, Warning } from "../../../schemas/common.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";

/** The defaults of the wire contract that this request leaves to the service. */
export function assumedDefaults(request: RecommendationRequest): Assumption[] {
  const defaults: (readonly [unknown, Assumption])[] = [
    [
      request.task,
      { field: "task", value: "lm-pretraining", detail: "The run pre-trains a language model." },
    ],
    [
      request.objective,
      { field: "objective", value: "loss", detail: "The goal is the lowest loss." },
    ],
    [
      request.optimizer?.kind,
      { field: "optimizer.kind", value: "adamw", detail: "The optimizer is AdamW." },
    ],
    [
      request.schedule?.kind,
      {
        field: "schedule.kind",
        value: "cosine",
        detail: "The learning rate follows a cosine down to at most a tenth of its peak.",
      },
    ],
  ];
  return defaults.filter(([given]) => given === undefined).map(([, assumption]) => assumption);
}

const SPEED = ["devices", "flopPerSecondPerDevice", "stepOverheadMs"] as const;

/** A warning where the hardware is only partly described, so that no time can be predicted. */
export function unusedHardware({
  hardware = {},
}: Pick<RecommendationRequest, "hardware">): Warning[] {
  const { flopPerSecondPerDevice, stepOverheadMs } = hardware;
  const missing = SPEED.filter((field) => hardware[field] === undefined);
  const stated = flopPerSecondPerDevice !== undefined || stepOverheadMs !== undefined;
  if (!stated || missing.length === 0) return [];
  const names = missing.map((field) => `hardware.${field}`).join(" and ");
  return [
    {
      code: "hardware-incomplete",
      detail: `Send ${names} too. Without the full speed of the machines, no time can be predicted.`,
    },
  ];
}
