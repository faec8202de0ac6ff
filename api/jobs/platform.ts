import type { StorageLimits } from "../env.ts";
import { hex, type Sha256 } from "../probe/fingerprint.ts";
import { timerTurn } from "../probe/timer-turn.ts";
import {
  openRequest,
  type ProbeEngineModule,
  probeAnswer,
} from "../services/probes/answer-probe.ts";
import type { Datasets } from "../services/probes/datasets.ts";
import type { ProbeJobs } from "../services/probes/jobs.ts";
import { type ConsumerDeps, consumeCell } from "./cell-consumer.ts";
import { checkpointStore } from "./checkpoint-store.ts";
import { DatasetStore } from "./dataset-store.ts";
import { idempotencyStore } from "./idempotency-store.ts";
import type { JobDeps } from "./job.ts";
import { JobIndex } from "./job-index.ts";
import type { JobObject } from "./job-object.ts";
import type { CellMessage, JobStorage, StatefulBindings } from "./job-ports.ts";
import { DatasetGone, OpenProbes } from "./open-probes.ts";

const MESSAGES_AT_ONCE = 100;
const RETRY_SECONDS = 1;
/** Queue of the cells that were given up, as wrangler.toml names it. */
const DEAD_LETTERS = "critbatch-dead-cells";

const sha256: Sha256 = (bytes) => crypto.subtle.digest("SHA-256", bytes);
const sha256Hex = async (bytes: Uint8Array<ArrayBuffer>) => hex(await sha256(bytes));
const nowMs = () => Date.now();

interface Parts {
  readonly bindings: StatefulBindings;
  readonly limits: StorageLimits;
  readonly loadEngine: () => Promise<ProbeEngineModule>;
  readonly reportFault: (where: string, fault: unknown) => void;
}

/** Everything that keeps state, on the platform's database, bucket, queue and objects. */
export type Platform = ReturnType<typeof createPlatform>;

export function createPlatform({ bindings, limits, loadEngine, reportFault }: Parts) {
  const { DB: database, BUCKET: bucket } = bindings;
  const index = new JobIndex(database);
  const datasets = new DatasetStore({ database, bucket, sha256Hex, nowMs, limits });
  const checkpoints = checkpointStore(bucket, sha256Hex);
  const probes = openProbes(loadEngine, datasets);
  const jobOf = (probeId: string) =>
    bindings.PROBE_JOBS.getByName(probeId) as unknown as Pick<JobObject, keyof JobObject>;
  const consumer: ConsumerDeps = {
    jobOf,
    probes,
    checkpoints,
    sha256,
    cellFlops: limits.jobCellFlops,
    newHolder: () => crypto.randomUUID(),
    nowMs,
    turn: timerTurn,
  };
  const jobs: ProbeJobs = {
    view: async (probeId) => jobOf(probeId).view(),
    start: (start) => jobOf(start.probeId).start(start),
    keep: (start, answer, digest) => jobOf(start.probeId).keep(start, answer, digest),
    waitForEnd: (probeId, waitMs) => jobOf(probeId).waitForEnd(waitMs),
    events: (probeId, after, waitMs) => jobOf(probeId).events(after, waitMs),
    remove: (probeId) => jobOf(probeId).remove(),
    list: (filter, size, cursor) => index.list(filter, size, cursor),
    countActive: () => index.countActive(),
  };
  return {
    jobs,
    datasets,
    idempotency: idempotencyStore(database, nowMs, limits.idempotencyHours),
    jobDeps: (storage: JobStorage): JobDeps => ({
      storage,
      limits,
      nowMs,
      send: (messages) => sendAll(bindings.CELLS, messages),
      index,
      checkpoints,
      probes,
      answerText: async (finished, cells, plan) => {
        const answer = await probeAnswer(finished, cells, plan);
        return { text: JSON.stringify(answer), digest: answer.digest };
      },
      reportFault,
    }),
    /** One batch of a queue: cells to run, or cells that were given up. */
    async queue(batch: MessageBatch<CellMessage>): Promise<void> {
      for (const message of batch.messages) {
        if (batch.queue === DEAD_LETTERS) {
          await jobOf(message.body.probeId).abandon(message.body);
          message.ack();
        } else if ((await consumeCell(consumer, message.body)) === "ack") message.ack();
        else message.retry({ delaySeconds: RETRY_SECONDS });
      }
    },
    scheduled: () => datasets.sweep(),
  };
}

function openProbes(loadEngine: Parts["loadEngine"], datasets: Datasets): OpenProbes {
  return new OpenProbes(async (request) => {
    const { task } = request;
    const datasetId = "datasetId" in task ? task.datasetId : undefined;
    const requireDataset = async () => {
      if (datasetId === undefined || (await datasets.get(datasetId)) !== undefined) return;
      throw new DatasetGone(`the data set ${datasetId} has been deleted`);
    };
    await requireDataset();
    return { probe: await openRequest(await loadEngine(), request, datasets), requireDataset };
  });
}

async function sendAll(
  queue: StatefulBindings["CELLS"],
  messages: readonly CellMessage[],
): Promise<void> {
  for (let from = 0; from < messages.length; from += MESSAGES_AT_ONCE) {
    await queue.sendBatch(
      messages.slice(from, from + MESSAGES_AT_ONCE).map((body) => ({ body, contentType: "json" })),
    );
  }
}
