import type { Context } from "hono";
import { type ProbeEvidence, probeEvidence } from "../../schemas/probes/evidence.ts";
import type { ProbeJob } from "../../schemas/probes/job.ts";
import type { RecommendationRequest } from "../../schemas/recommendations/request.ts";
import type { ProbeJobs } from "../services/probes/jobs.ts";
import { InvalidRequest } from "../services/shared/invalid-request.ts";
import type { AppEnv } from "./context.ts";

type Asking = Pick<RecommendationRequest, "evidence">;

/**
 * The request with the stored result of the probe that `evidence.probeId` names as its `evidence.probe`.
 *
 * @throws {InvalidRequest} when there is no such probe, or it has no result.
 */
export async function withStoredProbe<R extends Asking>(
  c: Context<AppEnv>,
  request: R,
  jobs: Pick<ProbeJobs, "find">,
): Promise<R> {
  const { probeId, ...evidence } = request.evidence ?? {};
  if (probeId === undefined) return request;
  // What is stored is its owner's: unlike other answers of this call, this one is not for any web page.
  c.set("anyOrigin", false);
  return { ...request, evidence: { ...evidence, probe: await storedProbe(jobs, probeId) } };
}

async function storedProbe(jobs: Pick<ProbeJobs, "find">, probeId: string): Promise<ProbeEvidence> {
  const view = await (await jobs.find(probeId))?.view();
  if (view === undefined) {
    throw refused(
      "unknown-probe",
      "the id of a probe that is kept here; GET /v1/probes lists them, POST /v1/probes runs one",
    );
  }
  if (view.kind === "job") throw withoutResult(view.job);
  const { success, data } = probeEvidence.safeParse(JSON.parse(view.text));
  if (success) return data;
  throw refused("unreadable-probe", "a result that is evidence to this version; run it afresh");
}

function withoutResult(job: ProbeJob): InvalidRequest {
  const expected = "a probe that has succeeded";
  switch (job.status) {
    case "queued":
    case "running":
      return refused(
        "unfinished-probe",
        `${expected}; this one is ${job.status}; GET /v1/probes/${job.probeId} shows its end`,
      );
    case "cancelled":
      return refused("probe-without-result", `${expected}; this one was cancelled`);
    case "failed":
      return refused(
        "probe-without-result",
        `${expected}; this one failed: ${job.failure.code}, ${job.failure.detail}`,
      );
  }
}

function refused(code: string, expected: string): InvalidRequest {
  return new InvalidRequest([
    { pointer: "/evidence/probeId", code, message: `expected ${expected}` },
  ]);
}
