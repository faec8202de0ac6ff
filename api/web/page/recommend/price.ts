import type { CompensationAnswer, Estimate } from "../../../../sdk/generated/schema.ts";
import { type Child, element, scrollingTable } from "../base/dom.ts";
import { showAmount, showInterval, showNats, showValue } from "../base/numbers.ts";
import { term } from "../base/term-link.ts";

const VERDICTS: Readonly<Record<CompensationAnswer["status"], string>> = {
  "not-needed": "No extra cost",
  compensable: "More parameters or more tokens recover the loss",
  impractical: "Only more tokens are practical",
  "beyond-wall": "No number of parameters is enough",
};

/** The price of one batch, in parameters and in tokens. */
export function priceOf(answer: CompensationAnswer, batchTokens: number): readonly Child[] {
  const { batchPenaltyNats, batchOverCritical, wallBatchTokens } = answer;
  const reason = "reason" in answer ? answer.reason : "";
  return [
    element(
      "p",
      { class: "verdict" },
      element("strong", {}, `${VERDICTS[answer.status]}. `),
      `A batch of ${showAmount(batchTokens)} tokens is ${showValue(batchOverCritical.value)} times the critical batch and ` +
        `costs ${showNats(batchPenaltyNats.value)} nats per token under the loss law ${answer.lossLaw}. ${reason}`,
    ),
    scrollingTable(
      "Price of the batch",
      ["to recover the loss", "factor", "interval", "total"],
      [...parameterRow(answer), ...tokenRow(answer)],
    ),
    element(
      "p",
      { class: "note" },
      cheaperWay(answer),
      term("wall", "Wall"),
      `: ${withInterval(wallBatchTokens)} tokens.`,
    ),
    element(
      "details",
      {},
      element("summary", {}, "What this price assumes"),
      element("ul", {}, ...answer.caveats.map(({ detail }) => element("li", {}, detail))),
    ),
  ];
}

/** Which way takes less compute, and for parameters up to which batch. */
function cheaperWay(answer: CompensationAnswer): string {
  if (answer.status === "not-needed" || answer.cheaper === "neither") return "";
  if (answer.cheaper === "tokens") return "More tokens cost less compute than more parameters. ";
  const upTo = withInterval(answer.breakEvenBatchTokens);
  return `More parameters cost less compute than more tokens, up to a batch of ${upTo} tokens. `;
}

function parameterRow(answer: CompensationAnswer): readonly (readonly Child[])[] {
  if (answer.status === "not-needed") return [["more parameters", "1", "", "none needed"]];
  const { parameters } = answer;
  if (parameters.status === "beyond-wall") {
    return [["more parameters", "–", "", "no number is enough at these tokens"]];
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
  if (answer.status === "not-needed") return [["more tokens", "1", "", "none needed"]];
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
