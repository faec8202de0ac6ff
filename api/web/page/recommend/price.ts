import type { CompensationAnswer, Estimate } from "../../../../sdk/generated/schema.ts";
import { type Child, element, scrollingTable } from "../base/dom.ts";
import { showAmount, showInterval, showNats, showValue } from "../base/numbers.ts";
import { term } from "../base/term-link.ts";

const VERDICTS: Readonly<Record<CompensationAnswer["status"], string>> = {
  "not-needed": "Nothing to pay",
  compensable: "It can be bought back",
  impractical: "Only tokens buy it back",
  "beyond-wall": "Beyond the wall",
};

/** The price of one batch, in parameters and in tokens. */
export function priceOf(answer: CompensationAnswer, batchTokens: number): readonly Child[] {
  const { batchPenaltyNats, batchOverCritical, wallBatchTokens, breakEvenBatchTokens } = answer;
  const reason = "reason" in answer ? answer.reason : "";
  return [
    element(
      "p",
      { class: "verdict" },
      element("strong", {}, `${VERDICTS[answer.status]}. `),
      `A batch of ${showAmount(batchTokens)} tokens is ${showValue(batchOverCritical.value)} times the critical one and ` +
        `gives away ${showNats(batchPenaltyNats.value)} nats per token by the loss law ${answer.lossLaw}. ${reason}`,
    ),
    scrollingTable(
      "Price of the batch",
      ["To win the loss back", "times", "interval", "which makes"],
      [...parameterRow(answer), ...tokenRow(answer)],
    ),
    element(
      "p",
      { class: "note" },
      `Nothing to pay below ${withInterval(breakEvenBatchTokens)} tokens; `,
      term("wall", "wall"),
      ` at ${withInterval(wallBatchTokens)} tokens.`,
    ),
    element(
      "details",
      {},
      element("summary", {}, "What this price rests on"),
      element("ul", {}, ...answer.caveats.map(({ detail }) => element("li", {}, detail))),
    ),
  ];
}

function parameterRow(answer: CompensationAnswer): readonly (readonly Child[])[] {
  if (answer.status === "not-needed") return [["more parameters", "1", "", "nothing to restore"]];
  const { parameters } = answer;
  if (parameters.status === "beyond-wall") {
    return [["more parameters", "–", "", "no number of them is enough at these tokens"]];
  }
  const { paramsRatio, nonEmbeddingParams } = parameters;
  const least = parameters.status === "impractical" ? "at least " : "";
  return [
    [
      "more parameters",
      `${least}${showValue(paramsRatio.value)}`,
      showInterval(paramsRatio.interval, showValue),
      `${least}${showAmount(nonEmbeddingParams.value)} parameters`,
    ],
  ];
}

function tokenRow(answer: CompensationAnswer): readonly (readonly Child[])[] {
  if (answer.status === "not-needed") return [["more tokens", "1", "", "nothing to restore"]];
  const { tokensRatio, trainingTokens } = answer.tokens;
  return [
    [
      "more tokens",
      showValue(tokensRatio.value),
      showInterval(tokensRatio.interval, showValue),
      `${showAmount(trainingTokens.value)} tokens`,
    ],
  ];
}

function withInterval({ value, interval }: Estimate): string {
  const { lower, upper } = interval;
  const spread =
    lower === value && upper === value ? "" : ` (${showInterval(interval, showAmount)})`;
  return `${showAmount(value)}${spread}`;
}
