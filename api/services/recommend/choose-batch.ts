import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import {
  kneeBatchTokens,
  throughputTokensPerSecond,
  timeOptimalBatchTokens,
} from "../../numerics/hardware/step-time.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";

/** What the policy chooses between; tokens. */
export interface BatchChoices {
  readonly bOptTokens: number;
  readonly bCritTokens: number;
  /** Batch at which a step's fixed overhead equals its compute; only with hardware. */
  readonly bKneeTokens?: number;
}

export type Objective = NonNullable<RecommendationRequest["objective"]>;

// 20 % more tokens for the same loss is what "balanced" pays for fewer steps.
const BALANCED_OVERHEAD = 0.2;
// Beyond three critical batches steps fall by less than a quarter more.
const LARGEST_OVER_CRITICAL = 3;

/**
 * Returns the batch an objective asks for, before constraints.
 *
 *   loss: B_opt;  balanced: 0.2 B_c;  time: sqrt(B_c B_knee);  cost: max(B_knee, B_opt);  each in [B_opt, 3 B_c]
 *
 * @returns tokens; not rounded.
 * @source arXiv:1812.06162, eq. (2.11) (token overhead B/B_c); time: docs/method.md, Policy [D]
 */
export function chooseBatch(objective: Objective, choices: BatchChoices): number {
  const { bOptTokens, bCritTokens, bKneeTokens = 0 } = choices;
  const wanted = {
    loss: bOptTokens,
    balanced: BALANCED_OVERHEAD * bCritTokens,
    time: timeOptimalBatchTokens(bCritTokens, bKneeTokens),
    cost: bKneeTokens,
  }[objective];
  const largest = Math.max(bOptTokens, LARGEST_OVER_CRITICAL * bCritTokens);
  return Math.min(Math.max(wanted, bOptTokens), largest);
}

/**
 * Whether rounding up would break what the objective promises: "balanced" above B_opt spends 20 % more tokens at most.
 *
 * @param wantedTokens - what `chooseBatch` returned.
 */
export function roundsDown(objective: string, wantedTokens: number, bOptTokens: number): boolean {
  return objective === "balanced" && wantedTokens > bOptTokens;
}

/** Speed of the machines for one model. */
export interface MachineSpeed {
  readonly tokensPerSecond: number;
  readonly stepOverheadSeconds: number;
  readonly bKneeTokens: number;
}

/**
 * Returns how fast the given machines train the model; undefined when too little of them is stated.
 *
 *   throughput = devices x FLOP/s / (6 N),   B_knee = overhead x throughput
 *
 * @throws {InvalidRequest} when the objective is time or cost and a part is missing.
 */
export function machineSpeed(
  request: RecommendationRequest,
  computeParams: number,
): MachineSpeed | undefined {
  const { devices, flopPerSecondPerDevice, stepOverheadMs } = request.hardware ?? {};
  const complete =
    devices !== undefined && flopPerSecondPerDevice !== undefined && stepOverheadMs !== undefined;
  if (!complete) {
    refuseWithoutHardware(request);
    return undefined;
  }
  const tokensPerSecond = throughputTokensPerSecond(devices, flopPerSecondPerDevice, computeParams);
  const stepOverheadSeconds = stepOverheadMs / 1000;
  return {
    tokensPerSecond,
    stepOverheadSeconds,
    bKneeTokens: kneeBatchTokens(stepOverheadSeconds, tokensPerSecond),
  };
}

function refuseWithoutHardware(request: RecommendationRequest): void {
  if (request.objective !== "time" && request.objective !== "cost") return;
  const needed = ["devices", "flopPerSecondPerDevice", "stepOverheadMs"] as const;
  throw new InvalidRequest(
    needed
      .filter((field) => request.hardware?.[field] === undefined)
      .map((field) => ({
        pointer: `/hardware/${field}`,
        code: "missing",
        message: `hardware.${field}, which objective "${request.objective}" needs`,
      })),
  );
}
