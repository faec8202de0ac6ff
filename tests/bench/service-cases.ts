import { createHash } from "node:crypto";
import { recommendPlan } from "../../api/services/recommend/recommend.ts";
import { type Case, type Target, toCase } from "./cases.ts";
import { SCENARIOS, type Scenario } from "./requests.ts";
import { spreadOf } from "./stats.ts";

const CPU_ASKED: Target = { comparison: "<=", value: 0.15 };
const BLOCKS = 10;

/** CPU time per call of the service function, and the digest of its answers. */
export interface ServiceFigures {
  readonly digest: string;
  readonly cases: readonly Case[];
}

/**
 * Calls the service function in this process, an equal number of times for each scenario, in ten blocks.
 *
 * @param calls - in all; a multiple of 50.
 */
export function measureService(calls: number): ServiceFigures {
  const perBlock = calls / (BLOCKS * SCENARIOS.length);
  if (!Number.isInteger(perBlock)) throw new RangeError(`calls must be a multiple of 50: ${calls}`);
  const runs = SCENARIOS.map((scenario) => ({
    scenario,
    requests: requestsOf(scenario, perBlock),
  }));
  // Also the warm-up: every request is answered once before any is timed.
  const { digest, checksum } = checkAnswers(runs.flatMap(({ requests }) => requests.flat()));
  let consumed = 0;
  const timed = runs.map(() => [] as number[]);
  for (let block = 0; block < BLOCKS; block++) {
    for (const [index, { requests }] of runs.entries()) {
      const before = process.cpuUsage();
      for (const request of requests[block] ?? []) consumed += batchOf(recommendPlan(request));
      const { user, system } = process.cpuUsage(before);
      timed[index]?.push((user + system) / 1000 / perBlock);
    }
  }
  if (Math.abs(consumed / checksum - 1) > 1e-9)
    throw new Error("timed answers differ from checked");
  const blockMeans = Array.from(
    { length: BLOCKS },
    (_, block) => timed.reduce((sum, blocks) => sum + (blocks[block] ?? 0), 0) / timed.length,
  );
  return {
    digest,
    cases: [
      toCase(
        { id: "service-cpu-per-call", shape: `${calls} calls`, unit: "ms", ...meanOf(blockMeans) },
        CPU_ASKED,
      ),
      ...runs.map(({ scenario }, index) =>
        toCase({
          id: `service-cpu-${scenario.id}`,
          shape: `${calls / SCENARIOS.length} calls`,
          unit: "ms",
          ...meanOf(timed[index] ?? []),
        }),
      ),
    ],
  };
}

/** The mean over all calls stands for the median: the CPU that calls cost, collection of garbage included. */
function meanOf(blocks: readonly number[]) {
  const mean = blocks.reduce((sum, block) => sum + block, 0) / blocks.length;
  return { ...spreadOf(blocks), median: mean };
}

function requestsOf({ requestAt }: Scenario, perBlock: number) {
  return Array.from({ length: BLOCKS }, (_, block) =>
    Array.from({ length: perBlock }, (_unused, index) => requestAt(block * perBlock + index)),
  );
}

type Request = ReturnType<Scenario["requestAt"]>;
type Answer = ReturnType<typeof recommendPlan>;

function checkAnswers(requests: readonly Request[]) {
  const hash = createHash("sha256");
  let checksum = 0;
  for (const request of requests) {
    const answer = recommendPlan(request);
    hash.update(JSON.stringify(answer));
    checksum += batchOf(answer);
  }
  return { digest: hash.digest("hex"), checksum };
}

function batchOf(answer: Answer): number {
  if (answer.status !== "recommended") throw new Error(`answered ${answer.status}`);
  const { value } = answer.batch.batchTokens;
  if (!(value > 0)) throw new Error(`recommended a batch of ${value} tokens`);
  return value;
}
