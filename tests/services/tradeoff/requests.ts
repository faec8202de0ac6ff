import { reportTradeoff } from "../../../api/services/tradeoff/report.ts";
import type { Estimate } from "../../../schemas/common.ts";
import type {
  TradeoffAspect,
  TradeoffCell,
  TradeoffRow,
} from "../../../schemas/tradeoff-reports/parts.ts";
import {
  type TradeoffReported,
  type TradeoffReportRequest,
  type TradeoffWithoutLaws,
  tradeoffReportRequest,
} from "../../../schemas/tradeoff-reports/report.ts";

/** A run inside the fitted range of every law. */
export const RUN = {
  model: { nonEmbeddingParams: 1e9 },
  data: { trainingTokens: 2e10, sequenceLengthTokens: 2048 },
} as const;

export const CLUSTER = {
  devices: 64,
  flopPerSecondPerDevice: 4e14,
  stepOverheadMs: 120,
} as const;

export const PAIR = { smallBatchTokens: 262144, largeBatchTokens: 16777216 } as const;

/** A noise scale of 1000 in its unit. */
export const noiseScale = (unit: "tokens" | "sequences" | "examples", level = 0.8) => ({
  bSimple: {
    value: 1000,
    interval: { lower: 800, upper: 1250, level },
    basis: "measured" as const,
  },
  unit,
  measuredOver: "last-half-of-tuned-run" as const,
});

export function reported(over: Partial<TradeoffReportRequest> = {}): TradeoffReported {
  const answer = reportTradeoff(tradeoffReportRequest.parse({ ...RUN, ...over }));
  if (answer.status !== "reported") throw new Error(answer.status);
  return answer;
}

export function withoutLaws(over: Partial<TradeoffReportRequest>): TradeoffWithoutLaws {
  const answer = reportTradeoff(tradeoffReportRequest.parse({ task: "fine-tuning", ...over }));
  if (answer.status !== "without-laws") throw new Error(answer.status);
  return answer;
}

export function rowOf(
  answer: { readonly rows: readonly TradeoffRow[] },
  aspect: TradeoffAspect,
): TradeoffRow {
  const row = answer.rows.find((one) => one.aspect === aspect);
  if (row === undefined) throw new Error(`no row ${aspect}`);
  return row;
}

/** The number of a cell; an open cell is an error. */
export function numberOf(cell: TradeoffCell): Estimate {
  if (!("value" in cell)) throw new Error(`${cell.status}: ${cell.reason}`);
  return cell;
}

export function statusOf(cell: TradeoffCell): string {
  return "value" in cell ? "number" : cell.status;
}
