import type { EvidenceItem } from "../../../../sdk/generated/schema.ts";
import { type Child, drawn, element, scrollingTable } from "../base/dom.ts";
import { showAmount, showShare, showValue } from "../base/numbers.ts";
import { term } from "../base/term-link.ts";

const QUANTITIES: Readonly<Record<string, string>> = {
  bOptTokens: "Optimal batch, tokens",
  bCritTokens: "Critical batch, tokens",
  bCritExamples: "Critical batch, examples",
  peakLearningRate: "Peak learning rate",
  lossNats: "Final loss, nats",
};

const STATUSES: Readonly<Record<string, string>> = {
  V1: "checked in the authors' own code, data or model card",
  V2: "checked in an independent transcription",
  D: "derived here and checked numerically",
  O: "our own fit on public data",
  U: "quoted from memory, not checked",
};

/** Standard normal quantile of the 80 % interval that the answers use. */
const Z80 = 1.2816;

/** Each law and measurement by quantity, the heaviest first. */
export function lawPanel(items: readonly EvidenceItem[]): readonly Child[] {
  const quantities = [...new Set(items.map(({ quantity }) => quantity))];
  return quantities.flatMap((quantity) => {
    const name = QUANTITIES[quantity] ?? quantity;
    const rows = items
      .filter((item) => item.quantity === quantity)
      .toSorted((a, b) => b.weight - a.weight)
      .map(rowOf);
    return [
      element("h3", {}, name),
      scrollingTable(
        `Laws: ${name}`,
        [
          "law",
          "value",
          term("interval", `interval (${showShare(0.8)})`),
          term("weight", "weight"),
          "range",
          "source",
        ],
        rows,
      ),
    ];
  });
}

function rowOf(item: EvidenceItem): readonly Child[] {
  const { id, quantity, value, sdLog, weight, source, status, reason } = item;
  const show =
    quantity.endsWith("Tokens") || quantity.endsWith("Examples") ? showAmount : showValue;
  const spread = sdLog === undefined ? undefined : Math.exp(Z80 * sdLog);
  const interval =
    value === undefined || spread === undefined
      ? ""
      : `${show(value / spread)} – ${show(value * spread)}`;
  return [
    element("span", { title: reason }, id),
    value === undefined ? "–" : show(value),
    interval,
    weightCell(weight, reason),
    rangeCell(item),
    element(
      "span",
      {},
      element("abbr", { title: STATUSES[status] ?? status }, status),
      ` ${source}`,
    ),
  ];
}

function weightCell(weight: number, reason: string): HTMLElement {
  const text =
    weight === 0
      ? `0, ${reason.replaceAll("-", " ")}`
      : weight < 0.01
        ? `< ${showShare(0.01)}`
        : showShare(weight);
  return element(
    "span",
    { class: "weight" },
    drawn(
      "svg",
      { viewBox: "0 0 50 6", "aria-hidden": "true" },
      drawn("rect", { class: "track", width: 50, height: 6 }),
      drawn("rect", { class: "span", width: 50 * weight, height: 6 }),
    ),
    text,
  );
}

function rangeCell({ insideFit, extrapolationLog }: EvidenceItem): Child {
  if (insideFit === true) return "inside its fit";
  if (extrapolationLog === undefined) return "–";
  return element(
    "span",
    {},
    `${showValue(Math.exp(extrapolationLog))} times outside, `,
    term("extrapolation", "extrapolated"),
  );
}
