import type { Estimate, ProbeAnswer } from "../../../../sdk/generated/schema.ts";
import { type Child, element, scrollingTable } from "../base/dom.ts";
import { showAmount, showInterval, showShare, showValue, showWhole } from "../base/numbers.ts";
import { term } from "../base/term-link.ts";
import type { TermId } from "../base/terms.ts";

/** What a probe found, in words and as a table of its points. */
export function resultParts(answer: ProbeAnswer): readonly Child[] {
  switch (answer.experiment) {
    case "critical-batch":
      return criticalBatchParts(answer.result);
    case "noise-scale":
      return noiseParts(answer.result);
    case "learning-rate":
      return rateParts(answer.result);
  }
}

type ResultOf<E extends ProbeAnswer["experiment"]> = Extract<
  ProbeAnswer,
  { experiment: E }
>["result"];

function criticalBatchParts(result: ResultOf<"critical-batch">): readonly Child[] {
  const found: readonly Finding[] = [
    ["critical", result.bCritExamples, "examples"],
    ["minSteps", result.minSteps, "steps"],
    ["minExamples", result.minExamples, "examples"],
    ["rho", result.rho, "times"],
  ];
  return [
    figures(found),
    element("p", { class: "summary" }, sentence(result.status, result.reason)),
    scrollingTable(
      "Steps to the target by batch",
      ["batch, examples", term("rate", "best learning rate"), "steps to the target"],
      result.points.map(({ batchExamples, peakLearningRate, steps }) => [
        showWhole(batchExamples),
        showValue(peakLearningRate),
        showValue(steps),
      ]),
    ),
  ];
}

function noiseParts({ status, reason, points }: ResultOf<"noise-scale">): readonly Child[] {
  const ratio = (one: (typeof points)[number]["bSimpleExamples"]): string =>
    one.status === "ok"
      ? `${showValue(one.value)} (${showInterval(one.interval, showValue)})`
      : one.status;
  return [
    element("p", { class: "summary" }, sentence(status, reason)),
    scrollingTable(
      "Noise scale along the run",
      [
        "examples seen",
        "loss",
        term("noise", "B_simple, examples"),
        term("noise", "B_noise, examples"),
      ],
      points.map(({ examplesSeen, loss, bSimpleExamples, bNoiseExamples }) => [
        showAmount(examplesSeen),
        showValue(loss),
        ratio(bSimpleExamples),
        ratio(bNoiseExamples),
      ]),
    ),
  ];
}

function rateParts({ status, optima }: ResultOf<"learning-rate">): readonly Child[] {
  return [
    element("p", { class: "summary" }, sentence(status, undefined)),
    scrollingTable(
      "Best learning rate by batch",
      ["batch, examples", term("rate", "best learning rate"), "loss there", "diverged above"],
      optima.map(({ batchExamples, peakLearningRate, loss, divergedAbove, status: found }) => [
        showWhole(batchExamples),
        peakLearningRate === undefined ? found.replaceAll("-", " ") : showValue(peakLearningRate),
        loss === undefined ? "–" : showValue(loss),
        divergedAbove === undefined ? "–" : showValue(divergedAbove),
      ]),
    ),
  ];
}

function sentence(status: string, reason: string | undefined): string {
  const words = status.replaceAll("-", " ");
  const named = words[0]?.toUpperCase() + words.slice(1);
  return reason === undefined ? `${named}.` : `${named}: ${reason}.`;
}

type Finding = readonly [id: TermId, estimate: Estimate | undefined, unit: string];

function figures(found: readonly Finding[]): HTMLElement {
  const drawn = found.flatMap(([id, estimate, unit]) =>
    estimate === undefined
      ? []
      : [
          element(
            "div",
            { class: "figure leading" },
            element("h3", {}, term(id)),
            element(
              "p",
              { class: "value" },
              showValue(estimate.value),
              " ",
              element("span", { class: "unit" }, unit),
            ),
            element(
              "p",
              { class: "range" },
              `${showInterval(estimate.interval, showValue)} at ${showShare(estimate.interval.level)}`,
            ),
          ),
        ],
  );
  return element("div", { class: "figures" }, ...drawn);
}
