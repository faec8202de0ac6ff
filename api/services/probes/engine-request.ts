import type { ProbeRequest } from "../../../schemas/probes/request.ts";
import { readTopology, TopologyError } from "../../probe/keras/read-topology.ts";
import type { EnginePlan, SizedProbe } from "../../probe/plan-probe.ts";
import type { EngineRequest, ProbeSpec } from "../../probe/probe-spec.ts";
import type { OpenedProbe } from "../../probe/run-probe.ts";
import type { ProbeTask, TaskSizes, UnusableTask } from "../../probe/tasks/task.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";

/** The engine's code, loaded only when a probe asks for it. */
export interface ProbeEngineModule {
  readonly resolveProbe: <Task extends ProbeTask | TaskSizes>(
    request: EngineRequest<Task>,
  ) => ProbeSpec<Task>;
  readonly planProbe: (spec: SizedProbe) => EnginePlan | UnusableTask;
  readonly openProbe: (spec: ProbeSpec) => Promise<OpenedProbe>;
}

/** A request as the engine takes it, with its task read or the sizes of its task. */
export function engineRequest<Task extends ProbeTask | TaskSizes>(
  request: ProbeRequest,
  task: Task,
): EngineRequest<Task> {
  const { experiment, engine, batchExamples, peakLearningRates } = request;
  const { seed, seeds, budgetFlops, intervalLevel } = request;
  const given = { batchExamples, peakLearningRates, seed, seeds, budgetFlops, intervalLevel };
  const present = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  return {
    experiment,
    task,
    ...present,
    ...(engine !== undefined && engine !== "auto" && { engine }),
    ...(request.model && { model: modelOf(request.model) }),
    ...(request.optimizer && { optimizer: optimizerOf(request.optimizer) }),
  };
}

function modelOf(model: NonNullable<ProbeRequest["model"]>): NonNullable<EngineRequest["model"]> {
  switch (model.kind) {
    case "mlp":
      return model;
    case "transformer":
      return { ...model, tiedHead: model.tiedHead ?? true };
    case "keras":
      return { kind: "keras", topology: readTopology(model.topology) };
  }
}

function optimizerOf(
  optimizer: NonNullable<ProbeRequest["optimizer"]>,
): NonNullable<EngineRequest["optimizer"]> {
  const weightDecay = optimizer.weightDecay ?? 0;
  switch (optimizer.kind) {
    case "sgd":
      return { kind: "sgd", weightDecay };
    case "momentum":
      return { kind: "momentum", momentum: optimizer.momentum ?? 0.9, weightDecay };
    default:
      return {
        kind: optimizer.kind,
        adamBeta1: optimizer.adamBeta1 ?? 0.9,
        adamBeta2: optimizer.adamBeta2 ?? 0.99,
        adamEpsilon: optimizer.adamEpsilon ?? 1e-8,
        weightDecay,
      };
  }
}

/** The engine throws a RangeError at what does not go together; on the wire that is a 422. */
export async function refusing<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    const pointer = thrown instanceof TopologyError ? `/model/topology${thrown.pointer}` : "";
    throw new InvalidRequest([{ pointer, code: "does-not-fit", message: thrown.message }]);
  }
}

/** @throws {InvalidRequest} naming why the task cannot be learned from. */
export function requireUsable<T extends { readonly status: "ok" }>(found: T | UnusableTask): T {
  if (found.status === "ok") return found;
  throw new InvalidRequest([
    {
      pointer: "/task",
      code: found.reason,
      message: `data that can be learned from: ${found.detail}`,
    },
  ]);
}
