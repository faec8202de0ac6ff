import type { TradeoffReported, TradeoffRow } from "../../../../sdk/generated/schema.ts";
import { type Child, element, scrollingTable } from "../base/dom.ts";
import { showAmount, showInterval, showNats, showValue } from "../base/numbers.ts";

/** What is said of small and large batches, and what is known of it for this run. */
export function tradeoffTable({ rows, batches, verdict }: TradeoffReported): readonly Child[] {
  return [
    element("p", { class: "verdict" }, verdict),
    scrollingTable(
      "Small batch against large batch",
      [
        "what people say",
        `small: ${showAmount(batches.smallBatchTokens)}`,
        `large: ${showAmount(batches.largeBatchTokens)}`,
        "what is known",
      ],
      rows.map(rowOf),
    ),
  ];
}

function rowOf({ claim, unit, small, large, finding, source }: TradeoffRow): readonly Child[] {
  return [
    element("span", {}, claim, element("small", {}, unit)),
    cellOf(small, unit),
    cellOf(large, unit),
    element("span", {}, finding, element("small", {}, source)),
  ];
}

function cellOf(cell: TradeoffRow["small"], unit: string): Child {
  if (!("value" in cell)) {
    return element("span", { class: "open", title: cell.reason }, cell.status.replaceAll("-", " "));
  }
  const show = unit.includes("above the optimal")
    ? showNats
    : cell.value >= 1e4
      ? showAmount
      : showValue;
  const { lower, upper } = cell.interval;
  if (lower === cell.value && upper === cell.value) return show(cell.value);
  return element(
    "span",
    {},
    show(cell.value),
    element("small", {}, showInterval(cell.interval, show)),
  );
}
