import type { StorageLimits } from "../env.ts";
import { hex, type Sha256 } from "../probe/fingerprint.ts";
import { timerTurn } from "../probe/timer-turn.ts";
import { openRequest, probeAnswer } from "../services/probes/answer-probe.ts";
import type { Datasets } from "../services/probes/datasets.ts";
import type { ProbeEngineModule } from "../services/probes/engine-request.ts";
import { type ConsumerDeps, consumeCell } from "./cell-consumer.ts";
import type { JobDeps } from "./job-deps.ts";
import type { CellMessage, JobStorage, StatefulBindings } from "./job-ports.ts";
import { type JobName, objectName } from "./object-name.ts";
import { DatasetGone, OpenProbes } from "./open-probes.ts";
import { NO_OWNER, type Owner, ownerOfProbe } from "./owned-id.ts";
import { type JobObject, probeJobs, runNumbers } from "./probe-jobs.ts";
import { checkpointStore } from "./stores/checkpoint-store.ts";
import { DatasetStore } from "./stores/dataset-store.ts";
import { IdempotencyStore } from "./stores/idempotency-store.ts";
import { jobMarkers } from "./stores/job-markers.ts";
import { KeyStore } from "./stores/key-store.ts";
import { ProbeIndex } from "./stores/probe-index.ts";
import { sweep } from "./sweep.ts";

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

/** Everything that holds state, on the platform's database, bucket, queue and objects. */
export function createPlatform({ bindings, limits, loadEngine, reportFault }: Parts) {
  const { DB: database, BUCKET: bucket } = bindings;
  const newBlob = () => crypto.randomUUID();
  const index = new ProbeIndex(database);
  const datasetsOf = (owner: Owner) =>
    new DatasetStore({ database, bucket, sha256Hex, newBlob, nowMs, limits, owner });
  const idempotencyOf = (owner: Owner) => new IdempotencyStore(database, nowMs, limits, owner);
  const markers = jobMarkers(bucket);
  const checkpoints = checkpointStore(bucket, sha256Hex);
  const probes = openProbes(loadEngine, datasetsOf);
  const objectOf = (job: JobName) =>
    bindings.PROBE_JOBS.getByName(objectName(job)) as unknown as JobObject;
  const consumer: ConsumerDeps = {
    jobOf: objectOf,
    probes,
    checkpoints,
    sha256,
    cellFlops: limits.jobCellFlops,
    newHolder: () => crypto.randomUUID(),
    nowMs,
    turn: timerTurn,
  };
  const newRun = runNumbers(nowMs);
  const { jobsAtOnce } = limits;
  const jobsOf = (owner: Owner) =>
    probeJobs({ index, objectOf, newRun, nowMs, jobsAtOnce, owner, reportFault });
  /** What one owner has stored; nothing of another's can be reached through it. */
  const of = (owner: Owner) => ({
    jobs: jobsOf(owner),
    datasets: datasetsOf(owner),
    idempotency: idempotencyOf(owner),
  });
  // What the sweep does, it does for all owners.
  const { datasets, idempotency } = of(NO_OWNER);
  return {
    of,
    keys: new KeyStore(database, sha256Hex, nowMs),
    jobDeps: (storage: JobStorage): JobDeps => ({
      storage,
      limits,
      nowMs,
      send: (messages) => sendAll(bindings.CELLS, messages),
      index,
      markers,
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
          await objectOf(message.body).abandon(message.body);
          message.ack();
        } else if ((await consumeCell(consumer, message.body)) === "ack") message.ack();
        else message.retry({ delaySeconds: RETRY_SECONDS });
      }
    },
    scheduled: () =>
      sweep({ index, markers, objectOf, bucket, datasets, idempotency, nowMs, reportFault }),
  };
}

function openProbes(
  loadEngine: Parts["loadEngine"],
  datasetsOf: (owner: Owner) => Datasets,
): OpenProbes {
  return new OpenProbes(async (request, probeId) => {
    const { task } = request;
    const datasets = datasetsOf(ownerOfProbe(probeId));
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
