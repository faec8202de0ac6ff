import type { ProbeJob, ProbeList } from "../generated/schema.ts";
import { type Paint, page, showMoment, table, whatFollows } from "./layout.ts";
import { showCount } from "./quantity-text.ts";

/** A page of probes, a line for each. */
export function showProbeList({ probes, nextCursor }: ProbeList, paint: Paint): string {
  if (probes.length === 0) return "no probes\n";
  const rows = probes.map((probe) => [
    probe.probeId,
    probe.experiment,
    probe.status,
    `${showCount(probe.doneFlops)}/${showCount(probe.expectedFlops)}`,
    showMoment(probe.createdAt),
    probe.endedAt === undefined ? "" : showMoment(probe.endedAt),
  ]);
  const heading = ["probe", "experiment", "status", "FLOP", "made", "ended"];
  return page(
    table([heading, ...rows], paint, ["bold"]),
    whatFollows("critbatch probes list", nextCursor, paint),
  );
}

/** A probe that has no result, or none yet. */
export function showJob(job: ProbeJob, paint: Paint): string {
  const { probeId, status, experiment, engine, flops, cellsDone, cells, createdAt } = job;
  const isActive = status === "queued" || status === "running";
  const why = status === "failed" ? `: ${job.failure.code}, ${job.failure.detail}` : "";
  return page(
    `${paint("bold", status)}${why}`,
    table([
      ["probe", probeId],
      ["experiment", experiment],
      ...(isActive && job.stage !== undefined ? [["stage", job.stage]] : []),
      ["training runs", `${cellsDone} of ${cells} so far`],
      ["FLOP", `${showCount(flops.done)} of ${showCount(flops.expected)} expected`],
      ["engine", engine],
      ["made", showMoment(createdAt)],
    ]),
    isActive ? paint("dim", `critbatch probes watch ${probeId}`) : undefined,
  );
}
