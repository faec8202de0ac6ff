import type { TradeoffReported, TradeoffRow } from "../../../../sdk/generated/schema.ts";
import { type Child, element, scrollingTable } from "../base/dom.ts";
import { showAmount, showInterval, showNats, showValue } from "../base/numbers.ts";

/** Why a row has no numbers, in the words of the page. */
const MISSING: Readonly<Record<Exclude<TradeoffRow["status"], "answered">, string>> = {
  "needs-probe": "needs training runs",
  "needs-measurement": "needs a measurement",
  "not-applicable": "does not apply",
};

/** Common claims about small and large batches: those with numbers for this run, and folded those without. */
export function tradeoffTable({ rows, batches, verdict }: TradeoffReported): readonly Child[] {
  const answered = rows.filter(({ status }) => status === "answered");
  const open = rows.filter(({ status }) => status !== "answered");
  const small = showAmount(batches.smallBatchTokens);
  const large = showAmount(batches.largeBatchTokens);
  return [
    element("p", { class: "verdict" }, verdict),
    scrollingTable(
      "Small batch or large batch",
      ["claim", `small: ${small}`, `large: ${large}`, "for your run"],
      answered.map((row) => answeredRow(row, small, large)),
    ),
    ...(open.length === 0 ? [] : [openRows(open)]),
  ];
}

function answeredRow(
  { claim, unit, small, large, finding, source }: TradeoffRow,
  smallBatch: string,
  largeBatch: string,
): readonly Child[] {
  return [
    withSmall(claim, unit),
    element("span", {}, sideLabel(`small: ${smallBatch}`), cellOf(small, unit)),
    element("span", {}, sideLabel(`large: ${largeBatch}`), cellOf(large, unit)),
    withSmall(finding, source),
  ];
}

function openRows(rows: readonly TradeoffRow[]): HTMLElement {
  const count = rows.length === 1 ? "1 claim" : `${rows.length} claims`;
  return element(
    "details",
    { class: "open-rows" },
    element("summary", {}, `${count} without numbers for your run`),
    scrollingTable(
      "Claims without numbers",
      ["claim", "status", "what is known"],
      rows.map(({ claim, unit, status, finding, source }) => [
        withSmall(claim, unit),
        element("span", { class: "open" }, status === "answered" ? "" : MISSING[status]),
        withSmall(finding, source),
      ]),
    ),
  );
}

const withSmall = (text: string, below: string): HTMLElement =>
  element("span", {}, text, element("small", {}, below));

/** On a narrow screen the two cells stand without the head of the table. */
const sideLabel = (text: string): HTMLElement =>
  element("span", { class: "side", "aria-hidden": "true" }, text);

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
