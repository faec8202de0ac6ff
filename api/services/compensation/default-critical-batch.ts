import { kaplanBaseline } from "../../numerics/compensation/kaplan-form.ts";
import { kaplan2020 } from "../../numerics/laws/kaplan2020.ts";
import { askPanel } from "../evidence/panel.ts";
import {
  BATCH_PANEL,
  CRITICAL_BATCH_PANEL,
  EXPERTS_SD_LOG,
  type PanelPoint,
} from "../evidence/panel-specs.ts";
import { estimateOf, type LogQuantity } from "../shared/estimates.ts";
import type { CriticalBatchRange, LossLawId } from "./evaluation.ts";

/** Critical and optimal batch of a run of which nothing was measured; tokens. */
export interface DefaultBatches {
  readonly bCrit: CriticalBatchRange;
  /** Data cluster of the law behind bCrit; "pooled" for several. */
  readonly bCritCluster: string;
  /** Whose critical batch it is, in words. */
  readonly bCritSource: string;
  readonly bOpt: CriticalBatchRange;
}

/** The run the two batches are for. */
export interface DefaultBatchRun {
  readonly lossLaw: LossLawId;
  readonly point: PanelPoint;
  /** 0 in the zero-noise limit; else the optimal batch is the baseline. */
  readonly relativeTo: "zero-noise-limit" | "optimal-batch";
  readonly intervalLevel: number;
  /** Wider intervals, as the laws are of dense models. */
  readonly mixtureOfExperts: boolean;
}

/**
 * Critical and optimal batch from the law panels alone, as a recommendation has them. The step law of
 * arXiv:2001.08361 brings the critical batch of its own loss, as wide as the pooled one.
 *
 * @source docs/method.md, panels; arXiv:2001.08361, eq. (1.4)
 */
export function defaultCriticalBatch(run: DefaultBatchRun): DefaultBatches {
  const { point, intervalLevel } = run;
  const protocol = run.mixtureOfExperts ? EXPERTS_SD_LOG : 0;
  const bOpt = rangeOf(askPanel(BATCH_PANEL, point, protocol), intervalLevel);
  const pooled = askPanel(CRITICAL_BATCH_PANEL, point, protocol);
  if (run.lossLaw !== "kaplan2020") {
    return {
      bCrit: rangeOf(pooled, intervalLevel),
      bCritCluster: "pooled",
      bCritSource: "pool of the catalogue's laws",
      bOpt,
    };
  }
  const baseline = run.relativeTo === "optimal-batch" ? bOpt.value : 0;
  const { bCritTokens } = kaplanBaseline(point.nonEmbeddingParams, point.trainingTokens, baseline);
  return {
    bCrit: rangeOf({ ...pooled, lnValue: Math.log(bCritTokens) }, intervalLevel),
    bCritCluster: kaplan2020.cluster,
    bCritSource: `law ${kaplan2020.id}`,
    bOpt,
  };
}

function rangeOf(quantity: LogQuantity, level: number): CriticalBatchRange {
  const { value, interval } = estimateOf(quantity, level);
  return { value, lower: interval.lower, upper: interval.upper };
}
