import type { JobFailure } from "../../schemas/probes/job.ts";
import type { CellSpec } from "../probe/cell.ts";
import { decodeCellResult } from "../probe/cell-codec.ts";
import { InvalidRequest } from "../services/shared/invalid-request.ts";
import { MODEL_VERSION } from "../services/shared/model-version.ts";
import type { JobDeps } from "./job-deps.ts";
import type { JobRow, JobTables } from "./job-tables.ts";
import { planOf } from "./job-view.ts";
import { DatasetGone } from "./open-probes.ts";

/** What comes after the stages whose cells are done. */
type NextPlan =
  | { readonly kind: "stage"; readonly name: string; readonly cells: readonly CellSpec[] }
  | { readonly kind: "finished"; readonly answer: string; readonly digest: string }
  | { readonly kind: "failed"; readonly failure: JobFailure }
  /** Planning threw; it is tried again. */
  | { readonly kind: "fault"; readonly planFaults: number };

type PlanDeps = Pick<JobDeps, "probes" | "answerText" | "limits" | "reportFault">;

const PLAN_FAULTS = 5;

/** Plans the next stage of a job from the results of the stages before it. Writes nothing. */
export async function planNext(deps: PlanDeps, tables: JobTables, job: JobRow): Promise<NextPlan> {
  const { modelVersion } = planOf(job);
  if (modelVersion !== MODEL_VERSION) {
    const detail = `begun by ${modelVersion}; ${MODEL_VERSION} runs here`;
    return { kind: "failed", failure: { code: "model-version-changed", detail } };
  }
  try {
    return await planStage(deps, tables, job);
  } catch (fault) {
    // It was deleted while it was planned: nothing is wrong.
    if (tables.job() === undefined) return { kind: "fault", planFaults: job.planFaults };
    return faultPlan(deps, job, fault);
  }
}

async function planStage(
  { probes, answerText, limits }: PlanDeps,
  tables: JobTables,
  job: JobRow,
): Promise<NextPlan> {
  const walk = await probes.walk(job.probeId, tables.request());
  const next = walk.next(job.stages, (stage) =>
    tables.cellsOfStage(stage).map(({ number }) => decodeCellResult(tables.result(number))),
  );
  if (next.kind === "finished") {
    const digests = tables.cells().map(({ spec, digest }) => ({ id: spec.id, digest }));
    const { text, digest } = await answerText(next.finished, digests, planOf(job));
    return { kind: "finished", answer: text, digest };
  }
  const { name, cells } = next.stage;
  if (tables.countCells().cells + cells.length > limits.jobCells) {
    const detail = `more than ${limits.jobCells} cells`;
    return { kind: "failed", failure: { code: "too-many-cells", detail } };
  }
  return { kind: "stage", name, cells };
}

function faultPlan({ reportFault }: PlanDeps, job: JobRow, fault: unknown): NextPlan {
  const detail = fault instanceof Error ? fault.message : String(fault);
  if (fault instanceof DatasetGone) {
    return { kind: "failed", failure: { code: "dataset-deleted", detail } };
  }
  const failed = { kind: "failed", failure: { code: "planning-failed", detail } } as const;
  if (fault instanceof InvalidRequest) {
    const [field] = fault.fields;
    return { kind: "failed", failure: { ...failed.failure, detail: field?.message ?? detail } };
  }
  reportFault(`plan of ${job.probeId}`, fault);
  const planFaults = job.planFaults + 1;
  return planFaults < PLAN_FAULTS ? { kind: "fault", planFaults } : failed;
}
