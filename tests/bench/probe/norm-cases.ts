import { kernelModule } from "../../probe/fixtures.ts";
import type { Target } from "../cases.ts";
import { openFused, requireSameLosses, timedHere } from "./contestant.ts";
import { type PairedCase, pairedCase, type Sampling, sampleInTurn } from "./pairs.ts";
import type { Workload } from "./workloads.ts";

const ASKED: Target = { comparison: "<=", value: 1.1 };

/** A step with the exact gradient norm of every example beside the same step without. */
export async function measureNorms(workload: Workload, sampling: Sampling): Promise<PairedCase> {
  const without = timedHere(openFused(kernelModule, workload, false));
  const withNorms = timedHere(openFused(kernelModule, workload, true));
  requireSameLosses(withNorms, without, workload.id);
  const [plain = [], measured = []] = await sampleInTurn([without.time, withNorms.time], sampling);
  return pairedCase(`norms ${workload.id}`, "with / without", plain, measured, ASKED);
}
