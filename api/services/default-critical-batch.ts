import type { Estimate } from "../../schemas/common.ts";
import { kaplanBaseline } from "../numerics/compensation/kaplan-form.ts";
import { bergsma2025PowerLines } from "../numerics/laws/bergsma2025-power-lines.ts";
import { evaluateQuantity } from "../numerics/laws/evaluate-law.ts";
import { kaplan2020 } from "../numerics/laws/kaplan2020.ts";
import type { Law, LawQuantity } from "../numerics/laws/law.ts";
import { li2025StepLaw } from "../numerics/laws/li2025-step-law.ts";
import { normalQuantile } from "../numerics/quantiles.ts";
import { type CriticalBatchRange, type LossLawId, lossLawEntry } from "./price-evaluation.ts";

/** Critical and optimal batch of a run of which nothing was measured; tokens. */
export interface DefaultBatches {
  readonly bCrit: CriticalBatchRange;
  /** Data cluster of the law behind bCrit. */
  readonly bCritCluster: string;
  readonly bCritLawId: string;
  readonly bOpt: CriticalBatchRange;
  readonly basis: Estimate["basis"];
}

/** The run the two batches are for. */
export interface DefaultBatchRun {
  readonly lossLaw: LossLawId;
  /** In the count of the loss law. */
  readonly params: number;
  readonly trainingTokens: number;
  /** 0 in the zero-noise limit; else the optimal batch is the baseline. */
  readonly relativeTo: "zero-noise-limit" | "optimal-batch";
  readonly intervalLevel: number;
}

// Studies of the critical batch at equal tokens differ by a factor of two, read as an 80 % interval.
const FACTOR_TWO_SD_LOG = Math.LN2 / normalQuantile(0.9);

/**
 * Critical and optimal batch from published laws alone: B_c of Power Lines, B_opt of Step Law, each within a
 * factor of two at 80 %. The step law of arXiv:2001.08361 brings the critical batch of its own loss.
 *
 * @source arXiv:2505.13738, fitted law of B_crit; arXiv:2503.04715, eq. (1); arXiv:2001.08361, eq. (1.4)
 */
export function defaultCriticalBatch(run: DefaultBatchRun): DefaultBatches {
  const { trainingTokens, intervalLevel } = run;
  const bOpt = factorTwo(predicted(li2025StepLaw, "bOptTokens", trainingTokens), intervalLevel);
  const isKaplan = lossLawEntry(run.lossLaw).pricing.kind === "kaplan";
  const law = isKaplan ? kaplan2020 : bergsma2025PowerLines;
  const baseline = run.relativeTo === "optimal-batch" ? bOpt.value : 0;
  const bCritTokens = isKaplan
    ? kaplanBaseline(run.params, trainingTokens, baseline).bCritTokens
    : predicted(law, "bCritTokens", trainingTokens);
  return {
    bCrit: factorTwo(bCritTokens, intervalLevel),
    bCritCluster: law.cluster,
    bCritLawId: law.id,
    bOpt,
    basis: "law",
  };
}

function predicted(law: Law, quantity: LawQuantity, trainingTokens: number): number {
  const answer = evaluateQuantity(law, quantity, { trainingTokens });
  if (answer?.status !== "ok") throw new Error(`${law.id} gives no ${quantity} in tokens alone`);
  return answer.value;
}

function factorTwo(value: number, level: number): CriticalBatchRange {
  const factor = Math.exp(normalQuantile((1 + level) / 2) * FACTOR_TWO_SD_LOG);
  return { value, lower: value / factor, upper: value * factor };
}
