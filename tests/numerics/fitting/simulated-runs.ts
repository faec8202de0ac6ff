import type { LossRun } from "../../../api/numerics/fitting/loss-form.ts";
import { seededRandom } from "../../proofs/random.ts";

/** The world the simulated runs come from. */
export const TRUTH = {
  irreducibleLossNats: 1.8,
  paramCoefficient: 480,
  dataCoefficient: 2000,
  paramExponent: 0.35,
  dataExponent: 0.366,
  bCritTokensAt1e10: 2e6,
  bCritExponent: 0.45,
} as const;

/** A grid of runs. */
export interface Design {
  readonly params: readonly number[];
  readonly tokens: readonly number[];
  /** Absent: batches that cost nothing. */
  readonly batches?: readonly number[];
  /** Of ln L. */
  readonly sdLog: number;
}

/** Tokens of {@link TRUTH} at a batch. */
export function trueBCritTokens(trainingTokens: number): number {
  return TRUTH.bCritTokensAt1e10 * (trainingTokens / 1e10) ** TRUTH.bCritExponent;
}

/** Runs of {@link TRUTH} with log-normal noise. */
export function simulateRuns(design: Design, seed: number): LossRun[] {
  const random = seededRandom(seed);
  const runs: LossRun[] = [];
  for (const params of design.params) {
    for (const trainingTokens of design.tokens) {
      for (const batchTokens of design.batches ?? [undefined]) {
        const over = (batchTokens ?? 0) / trueBCritTokens(trainingTokens);
        const exact =
          TRUTH.irreducibleLossNats +
          TRUTH.paramCoefficient / params ** TRUTH.paramExponent +
          TRUTH.dataCoefficient / (trainingTokens / (1 + over)) ** TRUTH.dataExponent;
        const lossNats = exact * Math.exp(design.sdLog * random.normal());
        runs.push({ params, trainingTokens, batchTokens, lossNats });
      }
    }
  }
  return runs;
}

export const SIZES_AND_TOKENS: Design = {
  params: [5e7, 1.5e8, 5e8, 1.5e9],
  tokens: [5e8, 2e9, 8e9, 3.2e10, 1.2e11],
  sdLog: 0.004,
};
export const WITH_BATCHES: Design = {
  ...SIZES_AND_TOKENS,
  batches: [1e5, 5e5, 2e6, 8e6],
};
