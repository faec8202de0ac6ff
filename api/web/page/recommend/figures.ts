import type {
  Assumption,
  Estimate,
  EvidenceOnly,
  InsufficientEvidence,
  RecommendationAnswer,
  Recommended,
  Warning,
  Yours,
} from "../../../../sdk/generated/schema.ts";
import { type Child, drawn, element } from "../base/dom.ts";
import {
  showAmount,
  showInterval,
  showNats,
  showShare,
  showValue,
  showWhole,
} from "../base/numbers.ts";
import { term } from "../base/term-link.ts";
import type { TermId } from "../base/terms.ts";

interface Figure {
  readonly term: TermId;
  readonly name?: string;
  readonly estimate: Estimate;
  readonly unit: string;
  readonly show: (value: number) => string;
  readonly note?: string;
  readonly leading?: boolean;
}

/** The answer in large figures, its summary and what it says of the caller's own settings. */
export function answerFigures(answer: RecommendationAnswer): readonly Child[] {
  const figures =
    answer.status === "recommended"
      ? plannedFigures(answer)
      : answer.status === "evidence-only"
        ? measuredFigures(answer)
        : [];
  return [
    ...(figures.length === 0 ? [] : [element("div", { class: "figures" }, ...figures.map(draw))]),
    element("p", { class: "summary" }, answer.summary),
    ...(answer.status === "insufficient-evidence" ? [whatIsNeeded(answer)] : []),
    ...(answer.status === "recommended" && answer.yours !== undefined
      ? [judgement(answer.yours)]
      : []),
    ...(answer.warnings.length === 0 ? [] : [warningList(answer.warnings)]),
    ...(answer.assumptions.length === 0 ? [] : [assumptionList(answer.assumptions)]),
  ];
}

function plannedFigures(answer: Recommended): readonly Figure[] {
  const { batch, learningRate, criticalBatch, loss, parameters, data } = answer;
  return [
    {
      term: "batch",
      name: "Recommended batch",
      estimate: batch.batchTokens,
      unit: "tokens",
      show: showAmount,
      note: `${showWhole(batch.batchSequences)} sequences, ${showWhole(batch.steps)} steps`,
      leading: true,
    },
    {
      term: "rate",
      estimate: learningRate.peakLearningRate,
      unit: "",
      show: showValue,
      note: `${showWhole(learningRate.warmupSteps)} warm-up steps`,
      leading: true,
    },
    ...(parameters.basis === "given"
      ? []
      : [
          {
            term: "params",
            name: "Recommended parameters",
            estimate: parameters.nonEmbeddingParams,
            unit: "without embeddings",
            show: showAmount,
          } as const,
        ]),
    ...(data.basis === "given"
      ? []
      : [
          {
            term: "tokens",
            name: "Recommended tokens",
            estimate: data.trainingTokens,
            unit: "tokens",
            show: showAmount,
          } as const,
        ]),
    {
      term: "critical",
      estimate: criticalBatch.bCritTokens,
      unit: "tokens",
      show: showAmount,
      note: "takes twice the minimum tokens",
    },
    {
      term: "loss",
      estimate: loss.lossNats,
      unit: "nats",
      show: showValue,
      note: "per token",
    },
  ];
}

function measuredFigures({
  batch,
  criticalBatch,
  learningRate,
  unit,
}: EvidenceOnly): readonly Figure[] {
  const found = (
    id: TermId,
    name: string | undefined,
    estimate: Estimate | undefined,
    show: (value: number) => string,
    of: string,
  ): Figure[] =>
    estimate === undefined
      ? []
      : [
          {
            term: id,
            estimate,
            unit: of,
            show,
            ...(name !== undefined && { name }),
            leading: true,
          },
        ];
  const { batchExamples, batchTokens } = batch ?? {};
  const { bCritExamples, bCritTokens } = criticalBatch ?? {};
  return [
    ...found(
      "batch",
      "Recommended batch",
      batchExamples ?? batchTokens,
      showAmount,
      unit ?? "tokens",
    ),
    ...found("rate", undefined, learningRate?.peakLearningRate, showValue, ""),
    ...found("critical", undefined, bCritExamples ?? bCritTokens, showAmount, unit ?? "tokens"),
  ];
}

function draw({ term: id, name, estimate, unit, show, note, leading }: Figure): HTMLElement {
  const { value, interval, basis } = estimate;
  const range =
    basis === "given"
      ? "your value"
      : `${showInterval(interval, show)} (${showShare(interval.level)})`;
  return element(
    "div",
    { class: leading === true ? "figure leading" : "figure" },
    element("h3", {}, term(id, name)),
    element(
      "p",
      { class: "value" },
      show(value),
      ...(unit === "" ? [] : [" ", element("span", { class: "unit" }, unit)]),
    ),
    ...(basis === "given" ? [] : [rangeBar(estimate)]),
    element("p", { class: "range" }, range),
    ...(note === undefined ? [] : [element("p", { class: "note" }, note)]),
  );
}

/** Interval and value on a logarithmic line over a factor of thirty to either side. */
function rangeBar({ value, interval: { lower, upper } }: Estimate): Element {
  const at = (x: number) =>
    Math.min(100, Math.max(0, 50 + (50 * Math.log(x / value)) / Math.log(30)));
  const left = lower === null || lower <= 0 ? 0 : at(lower);
  const right = upper === null ? 100 : at(upper);
  return drawn(
    "svg",
    { class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    drawn("rect", { class: "track", x: 0, y: 3.5, width: 100, height: 1 }),
    drawn("rect", { class: "span", x: left, y: 2, width: Math.max(1, right - left), height: 4 }),
    drawn("rect", { class: "dot", x: 49.4, y: 0, width: 1.2, height: 8 }),
  );
}

function judgement({
  advice,
  reason,
  batchPenaltyNats,
  learningRatePenaltyNats,
}: Yours): HTMLElement {
  const parts = [
    ["batch", batchPenaltyNats],
    ["learning rate", learningRatePenaltyNats],
  ] as const;
  const costs = parts.flatMap(([name, cost]) =>
    cost === undefined
      ? []
      : [
          `your ${name} alone costs ${showNats(cost.value)} nats (${showInterval(cost.interval, showNats)})`,
        ],
  );
  return element(
    "p",
    { class: `judgement ${advice}` },
    element("strong", {}, advice === "keep" ? "Keep your settings. " : "Change your settings. "),
    reason,
    ...(costs.length === 0 ? [] : [` Per token, ${costs.join(", and ")}.`]),
  );
}

function whatIsNeeded({ reason, needed }: InsufficientEvidence): HTMLElement {
  return element(
    "div",
    { class: "judgement" },
    element("strong", {}, "No number yet. "),
    reason,
    element("ul", {}, ...needed.map(({ detail }) => element("li", {}, detail))),
  );
}

/** In the open, worst first: they are few and meant to be read. */
function warningList(warnings: readonly Warning[]): HTMLElement {
  return element(
    "ul",
    { class: "warnings" },
    ...warnings.map(({ detail }) => element("li", {}, detail)),
  );
}

/** Folded: defaults are only worth a look where one is not what the caller meant. */
function assumptionList(assumptions: readonly Assumption[]): HTMLElement {
  const rows = assumptions.map(({ field, value, detail }) =>
    element("li", {}, element("code", {}, `${field} = ${value}`), `: ${detail}`),
  );
  return element(
    "details",
    { class: "assumptions" },
    element("summary", {}, `Assumed (${assumptions.length})`),
    element("ul", {}, ...rows),
  );
}
