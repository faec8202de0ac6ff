import type { ProbePlan } from "../../../schemas/probes/answer.ts";
import type { ProbeRequest } from "../../../schemas/probes/request.ts";
import type { ProbeTask, TaskSizes } from "../../probe/tasks/task.ts";
import { sizesOfTask } from "../../probe/tasks/task-sizes.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";
import { probeIdOf } from "./answer-probe.ts";
import type { Datasets } from "./datasets.ts";
import {
  engineRequest,
  type ProbeEngineModule,
  refusing,
  requireUsable,
} from "./engine-request.ts";
import { requireModestProbe } from "./memory.ts";
import { readProbeTask, requireDataset } from "./read-task.ts";
import { requireProbeTerms } from "./require-terms.ts";

// What an engine does in the time of one request, as a share of what the fused one does.
const REQUEST_SHARE = { fused: 1, tfjs: 0.05 } as const;
const SIZES_KEPT = 1000;

type CallersDatasets = Pick<Datasets, "get" | "read">;

/** A planned probe, and its task if planning has read it. */
export interface PlannedProbe {
  readonly plan: ProbePlan;
  readonly task: ProbeTask | undefined;
}

/** Plans probes from the sizes of their tasks: nothing is drawn, and a stored data set is read once. */
export class ProbePlanner {
  readonly #requestFlops: number;
  /** Of tasks on stored data sets, which never change; whether the caller has the data set is asked each time. */
  readonly #sizes = new Map<string, Promise<TaskSizes>>();

  /** @param requestFlops - largest ceiling that one request may run; FLOP. */
  constructor(requestFlops: number) {
    this.#requestFlops = requestFlops;
  }

  /**
   * Plans the probe of a request.
   *
   * @throws {InvalidRequest} when task, model and experiment do not go together, or the sizes show that there is
   *   nothing to learn.
   */
  async plan(
    engine: ProbeEngineModule,
    request: ProbeRequest,
    datasets: CallersDatasets,
  ): Promise<PlannedProbe> {
    requireProbeTerms(request);
    const { sizes, task } = await this.#sizesOf(request.task, datasets);
    const spec = await refusing(() => engine.resolveProbe(engineRequest(request, sizes)));
    requireModestProbe(spec);
    const { stages, flops } = requireUsable(await refusing(() => engine.planProbe(spec)));
    const requestFlopsLimit = this.#requestFlops * REQUEST_SHARE[spec.engine];
    const plan: ProbePlan = {
      status: "planned",
      experiment: request.experiment,
      stages: [...stages],
      withinLimit: flops.ceiling <= requestFlopsLimit,
      requestFlopsLimit,
      flops: { ...flops, done: 0 },
      probeId: await probeIdOf(request),
      engine: spec.engine,
      modelVersion: MODEL_VERSION,
    };
    return { plan, task };
  }

  async #sizesOf(
    asked: ProbeRequest["task"],
    datasets: CallersDatasets,
  ): Promise<{ readonly sizes: TaskSizes; readonly task: ProbeTask | undefined }> {
    const datasetId = "datasetId" in asked ? asked.datasetId : undefined;
    if (datasetId === undefined) {
      const task = await readProbeTask(asked, datasets);
      return { sizes: sizesOfTask(task), task };
    }
    await requireDataset(datasets, datasetId);
    const key = JSON.stringify(asked);
    const known = this.#sizes.get(key);
    const sizes = known ?? readProbeTask(asked, datasets).then(sizesOfTask);
    this.#sizes.delete(key);
    this.#sizes.set(key, sizes);
    sizes.catch(() => this.#sizes.delete(key));
    const [oldest] = this.#sizes.keys();
    if (this.#sizes.size > SIZES_KEPT && oldest !== undefined) this.#sizes.delete(oldest);
    return { sizes: await sizes, task: undefined };
  }
}
