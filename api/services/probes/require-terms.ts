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
            message: `no peakLearningRates for experiment ${experiment}, which finds its own; they are for learning-rate`,
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
      : [{ pointer: "/model", message: "no model for the quadratic task, which defines its own" }]),
    ...(optimizer === undefined || plain
      ? []
      : [{ pointer: "/optimizer", message: "sgd without weight decay for the quadratic task" }]),
  ];
}
