import { exports } from "cloudflare:workers";
import { jsonPost, ORIGIN } from "../in-process-app.ts";

export const MODEL = { kind: "mlp", hiddenWidths: [8], activation: "tanh" };
export const TEACHER = {
  kind: "teacher",
  inputFeatures: 4,
  classes: 2,
  trainExamples: 512,
  validationExamples: 64,
};
export const TINY = { experiment: "critical-batch", task: TEACHER, model: MODEL, seeds: 1 };
/** Run again, though its result is stored. */
export const FRESH = { ...TINY, fresh: true };
/** Runs for many seconds unless it is stopped. */
export const LONG = { experiment: "critical-batch", task: { kind: "teacher" } };
export const STREAM = { Accept: "text/event-stream" };

export const call = (path: string, init?: RequestInit) =>
  exports.default.fetch(new Request(`${ORIGIN}${path}`, init));
export const start = (body: unknown, headers: Record<string, string> = {}) =>
  call("/v1/probes", jsonPost(body, headers));

/** A table of so many lines. */
export const rows = (row: (index: number) => string) =>
  Array.from({ length: 200 }, (_unused, index) => row(index)).join("\n");
