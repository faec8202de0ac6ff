import type { ProbeRequest } from "../../../schemas/probes/request.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";

/**
 * Refuses what an experiment or a task would leave unused: rates are given to the search for rates alone; the
 * quadratic task is its own model, and plain SGD trains it.
 *
 * @throws {InvalidRequest} naming peakLearningRates, model or optimizer.
 */
export function requireProbeTerms(request: ProbeRequest): void {
  const { experiment, peakLearningRates } = request;
  const fields = [
    ...(peakLearningRates === undefined || experiment === "learning-rate"
      ? []
      : [
          {
            pointer: "/peakLearningRates",
            message: `no rates with the experiment ${experiment}, which finds its own; they go with learning-rate`,
          },
        ]),
    ...(request.task.kind === "quadratic" ? unusedByQuadratic(request) : []),
  ];
  if (fields.length === 0) return;
  throw new InvalidRequest(fields.map((field) => ({ ...field, code: "does-not-fit" })));
}

function unusedByQuadratic({ model, optimizer }: ProbeRequest) {
  const plain = optimizer?.kind === "sgd" && (optimizer.weightDecay ?? 0) === 0;
  return [
    ...(model === undefined
      ? []
      : [{ pointer: "/model", message: "no model with the quadratic task, which is one itself" }]),
    ...(optimizer === undefined || plain
      ? []
      : [{ pointer: "/optimizer", message: "sgd without weight decay with the quadratic task" }]),
  ];
}
