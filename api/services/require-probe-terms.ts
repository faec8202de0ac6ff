import type { ProbeRequest } from "../../schemas/probe-request.ts";
import { InvalidRequest } from "./invalid-request.ts";

/**
 * Refuses what the quadratic task would leave unused: it is its own model, and plain SGD trains it.
 *
 * @throws {InvalidRequest} naming model or optimizer.
 */
export function requireProbeTerms({ task, model, optimizer }: ProbeRequest): void {
  if (task.kind !== "quadratic") return;
  const plain = optimizer?.kind === "sgd" && (optimizer.weightDecay ?? 0) === 0;
  const fields = [
    ...(model === undefined
      ? []
      : [{ pointer: "/model", message: "no model with the quadratic task, which is one itself" }]),
    ...(optimizer === undefined || plain
      ? []
      : [{ pointer: "/optimizer", message: "sgd without weight decay with the quadratic task" }]),
  ];
  if (fields.length === 0) return;
  throw new InvalidRequest(fields.map((field) => ({ ...field, code: "does-not-fit" })));
}
