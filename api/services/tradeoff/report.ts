import type {
  TradeoffReportAnswer,
  TradeoffReportRequest,
} from "../../../schemas/tradeoff-reports/report.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";
import { splitNotices } from "../shared/notices.ts";
import { compareBatches } from "./comparison.ts";
import { tradeoffCurves } from "./curves.ts";
import { tradeoffTable } from "./rows.ts";
import { tradeoffVerdict } from "./verdict.ts";
import { reportWithoutLaws } from "./without-laws.ts";

/**
 * Returns the small-batch / large-batch table of a run, every cell a number with its interval and source, or why there
 * is none; with plot-ready curves and a verdict in plain English.
 *
 * Each side is the recommendation with that batch fixed, so the table never disagrees with it.
 *
 * @returns `reported` for pre-training; `without-laws` for other tasks, without curves.
 * @throws {InvalidRequest} when a recommendation would, or when the run has no room for the two batches.
 * @source docs/method.md, the trade-off report
 */
export function reportTradeoff(request: TradeoffReportRequest): TradeoffReportAnswer {
  if (request.task === "fine-tuning" || request.task === "other") {
    return reportWithoutLaws(request, request.task);
  }
  const comparison = compareBatches(request);
  const { small, large } = comparison;
  const rows = tradeoffTable(comparison);
  return {
    status: "reported",
    batches: {
      smallBatchTokens: small.batch.batchTokens.value,
      largeBatchTokens: large.batch.batchTokens.value,
    },
    criticalBatch: small.criticalBatch,
    rows,
    curves: tradeoffCurves(comparison),
    verdict: tradeoffVerdict(comparison, rows),
    ...splitNotices(comparison.notices),
    modelVersion: MODEL_VERSION,
  };
}
