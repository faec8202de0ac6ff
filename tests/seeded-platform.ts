import type { JobStart, JobView, ProbeJobs } from "../api/services/probes/jobs.ts";
import { type LocalPlatform, localPlatform } from "./local-platform.ts";
import { SEEDED, SEEDED_DATASET } from "./seeded-ids.ts";

const PLAN = {
  status: "planned",
  experiment: "critical-batch",
  stages: ["pilot"],
  withinLimit: false,
  requestFlopsLimit: 1,
  flops: { expected: 100, ceiling: 400, done: 0 },
  engine: "fused",
  modelVersion: "",
};

const ANSWER = {
  status: "succeeded",
  experiment: "critical-batch",
  result: { status: "not-bracketed", reason: "seeded", points: [] },
  digest: "9b1c",
  curves: {},
  flops: { expected: 100, ceiling: 400, done: 90 },
  engine: "fused",
};

/** A platform in this process that holds one probe of each state and one data set. Its cells are never run. */
export async function seededPlatform(
  options: Pick<Parameters<typeof localPlatform>[0], "loadEngine" | "limits">,
): Promise<LocalPlatform> {
  const { MODEL_VERSION: modelVersion } = await import("../api/services/shared/model-version.ts");
  const local = localPlatform({ ...options, deliver: () => undefined });
  const { jobs, datasets } = local.platform;
  const startOf = (probeId: string): JobStart => ({
    probeId,
    request: JSON.stringify({ experiment: "critical-batch", task: { kind: "quadratic" } }),
    plan: JSON.stringify({ ...PLAN, probeId, modelVersion }),
  });
  const answer = JSON.stringify({ ...ANSWER, probeId: SEEDED.succeeded, modelVersion });
  await jobs.keep(startOf(SEEDED.succeeded), answer, ANSWER.digest);
  await begin(jobs, startOf(SEEDED.queued));
  await begin(jobs, startOf(SEEDED.cancelled));
  await (await jobs.find(SEEDED.cancelled))?.remove();
  await begin(jobs, startOf(SEEDED.failed));
  await local
    .objectOf(SEEDED.failed)
    .object.datasetGone(await runOf(local, SEEDED.failed), "seeded");
  await datasets.put({ kind: "text", bytes: SEEDED_DATASET, rows: 0, columns: 0 }, "seeded");
  return local;
}

async function runOf(local: LocalPlatform, name: string): Promise<number> {
  const [row] = local.objectOf(name).storage.sql.exec("SELECT run FROM job").toArray();
  return Number(row?.["run"]);
}

/** Begins a job, which must be admitted. */
export async function begin(jobs: ProbeJobs, start: JobStart): Promise<JobView> {
  const admission = await jobs.admit(start);
  if (admission.kind !== "admitted") throw new Error(`the job is not admitted: ${admission.kind}`);
  return admission.begin();
}
