import type { TradeoffRow } from "../../../schemas/tradeoff-reports/parts.ts";
import { timeOptimalBatchTokens } from "../../numerics/hardware/step-time.ts";
import { shortNumber } from "../shared/number-text.ts";
import { type Comparison, criticalEnds, lossGapNats, NEGLIGIBLE_NATS } from "./comparison.ts";
import { batchPair } from "./rows.ts";
import { hoursToEqualLoss } from "./speed.ts";

/** What the table says, in plain English: price, way out, time, and what is not known. */
export function tradeoffVerdict(comparison: Comparison, rows: readonly TradeoffRow[]): string {
  return [
    priceSentence(comparison),
    remedySentence(comparison),
    timeSentence(comparison),
    openSentence(rows),
  ].join(" ");
}

function priceSentence(comparison: Comparison): string {
  const { small, large } = comparison;
  const batches = batchPair(comparison);
  const fewer = Number((small.batch.steps / large.batch.steps).toPrecision(2));
  const gap = lossGapNats(comparison);
  const first =
    `At the same ${shortNumber(small.data.trainingTokens.value)} tokens, the batch of ${shortNumber(batches.large)} takes ` +
    `${fewer} times fewer steps than the batch of ${shortNumber(batches.small)}`;
  if (Math.abs(gap) < NEGLIGIBLE_NATS)
    return `${first} and ends at the same loss within 0.002 nats.`;
  const end = gap > 0 ? "higher" : "lower: the small one lies below the best batch";
  return `${first} and ends ${Math.abs(gap).toPrecision(2)} nats ${end}.`;
}

function remedySentence(comparison: Comparison): string {
  const { compensation } = comparison.large;
  if (compensation.status === "not-needed") {
    return "The large batch needs neither more parameters nor more tokens.";
  }
  const ratio = compensation.tokens.tokensRatio.value.toPrecision(2);
  const more = `${Number(ratio)} times the tokens bring the large one to the loss of the best batch`;
  if (compensation.parameters.status === "beyond-wall") {
    return `${more}; no number of parameters does.`;
  }
  const { status, paramsRatio } = compensation.parameters;
  const bound = status === "impractical" ? "at least " : "";
  return `${more}, or ${bound}${Number(paramsRatio.value.toPrecision(2))} times the parameters.`;
}

function timeSentence(comparison: Comparison): string {
  const { speed } = comparison;
  if (speed === undefined) return "Send hardware to predict training time.";
  const batches = batchPair(comparison);
  const [bCrit] = criticalEnds(comparison);
  const hours = (batchTokens: number) =>
    shortNumber(hoursToEqualLoss(comparison, speed, batchTokens, bCrit));
  const fastest = timeOptimalBatchTokens(bCrit, speed.bKneeTokens);
  const place =
    fastest > 0
      ? `the fastest batch lies near ${shortNumber(fastest)}`
      : "the smallest batch is the fastest";
  const tooSmall = lossGapNats(comparison) < -NEGLIGIBLE_NATS;
  const byWhat = tooSmall ? "By the hyperbola, which sees no harm in too small a batch, t" : "T";
  return (
    `${byWhat}o the same loss these machines take ${hours(batches.small)} hours with the small batch and ` +
    `${hours(batches.large)} with the large one; ${place}.`
  );
}

function openSentence(rows: readonly TradeoffRow[]): string {
  const open = rows.filter(({ status }) => status === "needs-probe").map(({ aspect }) => aspect);
  return (
    "Nothing here says that a large batch generalises worse once its settings are tuned; " +
    `only training runs show ${open.join(", ")}.`
  );
}
