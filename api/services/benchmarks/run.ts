import type {
  BenchmarkList,
  BenchmarkRequest,
  BenchmarkRun,
  WorkloadName,
} from "../../../schemas/benchmarks/benchmark.ts";
import type { Workload } from "../../probe/benchmarks/workloads.ts";
import { digestCell } from "../../probe/fingerprint.ts";
import type { EngineName } from "../../probe/probe-spec.ts";
import { timerTurn } from "../../probe/timer-turn.ts";
import type { MatrixEngine } from "../../probe/training-session.ts";
import { sha256 } from "../probes/answer-probe.ts";
import { recommendPlan } from "../recommend/recommend.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";

/** The engines' code, loaded only when a workload needs it. */
export interface BenchmarkModule {
  readonly makeWorkloads: () => readonly Workload[];
  readonly openEngine: (name: EngineName) => Promise<MatrixEngine>;
}

const RECOMMENDATIONS = 100;

/** What can be run; sizes come from the workloads themselves. */
export function listBenchmarks({ makeWorkloads }: BenchmarkModule): BenchmarkList {
  const engines: EngineName[] = ["fused", "tfjs"];
  return {
    workloads: [
      {
        workload: "empty",
        description: "Does nothing: shows what a call costs besides its work.",
        engines: [],
        flopsPerRepeat: 0,
      },
      {
        workload: "recommendations",
        description: `${RECOMMENDATIONS} recommendations for runs of different sizes.`,
        engines: [],
        flopsPerRepeat: 0,
      },
      ...makeWorkloads().map(({ name, description, flops }) => ({
        workload: name,
        description,
        engines,
        flopsPerRepeat: flops,
      })),
    ],
    modelVersion: MODEL_VERSION,
  };
}

/**
 * Runs a workload afresh, with turns of the timer in between, so that other requests are served.
 *
 * @throws {InvalidRequest} when an engine is named for a workload that needs none.
 */
export async function runBenchmark(
  loadModule: () => Promise<BenchmarkModule>,
  workload: WorkloadName,
  request: BenchmarkRequest,
): Promise<BenchmarkRun> {
  const { repeats = 1, engine } = request;
  if (workload === "empty" || workload === "recommendations") {
    if (engine !== undefined) {
      const message = `no engine: ${workload} needs none`;
      throw new InvalidRequest([{ pointer: "/engine", code: "does-not-fit", message }]);
    }
    const bytes = workload === "empty" ? new Uint8Array() : recommendations(repeats);
    const digest = await digestCell(sha256, bytes);
    return { workload, repeats, flops: 0, digest, modelVersion: MODEL_VERSION };
  }
  const module = await loadModule();
  const found = module.makeWorkloads().find(({ name }) => name === workload);
  if (found === undefined) throw new Error(`no workload ${workload}`);
  const name = engine ?? "fused";
  const work = found.run(await module.openEngine(name), repeats);
  for (let next = work.next(); ; next = work.next()) {
    if (next.done) {
      const { buffer, byteOffset, byteLength } = next.value;
      const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
      const digest = await digestCell(sha256, bytes);
      const flops = repeats * found.flops;
      return { workload, engine: name, repeats, flops, digest, modelVersion: MODEL_VERSION };
    }
    await timerTurn();
  }
}

/** Every answer counts for the digest, so that none can be left out. */
function recommendations(repeats: number): Uint8Array<ArrayBuffer> {
  const answers: string[] = [];
  for (let i = 1; i <= repeats * RECOMMENDATIONS; i += 1) {
    const model = { nonEmbeddingParams: 1e8 * (1 + (i % 97)) };
    const data = { trainingTokens: 1e10 * i, sequenceLengthTokens: 2048 };
    answers.push(JSON.stringify(recommendPlan({ model, data })));
  }
  return new Uint8Array(new TextEncoder().encode(answers.join("\n")));
}
