import type { Recommended } from "../../../schemas/recommendations/answer.ts";
import { shortNumber } from "../shared/number-text.ts";

type Described = Omit<Recommended, "loggable" | "summary" | "modelVersion">;

/** The numbers of an answer in one flat object for an experiment tracker. */
export function loggableNumbers(answer: Described): Record<string, number> {
  const { batch, criticalBatch, learningRate, optimizer, parameters, loss, yours } = answer;
  const numbers: Record<string, number | undefined | null> = {
    "critbatch/batchTokens": batch.batchTokens.value,
    "critbatch/batchTokensLower": batch.batchTokens.interval.lower,
    "critbatch/batchTokensUpper": batch.batchTokens.interval.upper,
    "critbatch/batchSequences": batch.batchSequences,
    "critbatch/steps": batch.steps,
    "critbatch/bOptTokens": criticalBatch.bOptTokens.value,
    "critbatch/bCritTokens": criticalBatch.bCritTokens.value,
    "critbatch/peakLearningRate": learningRate.peakLearningRate.value,
    "critbatch/peakLearningRateLower": learningRate.peakLearningRate.interval.lower,
    "critbatch/peakLearningRateUpper": learningRate.peakLearningRate.interval.upper,
    "critbatch/warmupTokens": learningRate.warmupTokens,
    "critbatch/adamBeta2": optimizer.adamBeta2,
    "critbatch/weightDecay": optimizer.weightDecay?.value,
    "critbatch/nonEmbeddingParams": parameters.nonEmbeddingParams.value,
    "critbatch/lossNats": loss.lossNats.value,
    "critbatch/batchPenaltyNats": loss.batchPenaltyNats.value,
    "critbatch/yourBatchPenaltyNats": yours?.batchPenaltyNats?.value,
    "critbatch/yourLearningRatePenaltyNats": yours?.learningRatePenaltyNats?.value,
  };
  const known: Record<string, number> = {};
  for (const name in numbers) {
    const value = numbers[name];
    if (typeof value === "number") known[name] = value;
  }
  return known;
}

/** Three sentences: what to set, where it stops paying, what the batch costs. */
export function summarize(answer: Described): string {
  const { batch, learningRate, criticalBatch } = answer;
  const size = shortNumber(answer.parameters.nonEmbeddingParams.value);
  const first =
    `For ${size} non-embedding parameters and ${shortNumber(answer.data.trainingTokens.value)} tokens, train with batches ` +
    `of ${shortNumber(batch.batchTokens.value)} tokens (${batch.batchSequences} sequences, ${batch.steps} steps)` +
    `${rateWords(learningRate.peakLearningRate)}.`;
  const second =
    `The lowest loss is expected near ${shortNumber(criticalBatch.bOptTokens.value)} tokens ` +
    `(${range(criticalBatch.bOptTokens.interval)}), and the critical batch, which needs twice the minimum tokens, ` +
    `near ${shortNumber(criticalBatch.bCritTokens.value)} (${range(criticalBatch.bCritTokens.interval)}).`;
  return `${first} ${second} ${priceSentence(answer)}`;
}

function rateWords({ value, interval }: Described["learningRate"]["peakLearningRate"]): string {
  return interval.lower === null
    ? "; no law covers its learning rate"
    : ` and a peak learning rate of ${value.toPrecision(2)}`;
}

/** Loss and ways out by one law: the closed form that also says what pays for it. */
function priceSentence({ compensation, loss }: Described): string {
  if (compensation.status === "not-needed") {
    return loss.batchPenaltyNats.value < 0.002
      ? "This batch costs no extra parameters or tokens."
      : `This batch is smaller than the best one and costs about ${loss.batchPenaltyNats.value.toPrecision(2)} nats per token; adjusting beta2, weight decay and learning rate recovers part of that.`;
  }
  const nats = compensation.batchPenaltyNats.value.toPrecision(2);
  const cost = `This batch costs about ${nats} nats per token`;
  if (compensation.status === "beyond-wall") {
    return `${cost}, and no number of parameters recovers that at the same tokens: lower the batch, add tokens or add steps.`;
  }
  const { parameters, tokens } = compensation;
  const supply = tokens.status === "limited-by-unique-tokens" ? " (more than you have)" : "";
  const params = parameters.paramsRatio?.value.toPrecision(3);
  const more = tokens.tokensRatio?.value.toPrecision(3);
  const bound = compensation.status === "impractical" ? "at least " : "";
  return `${cost}; ${bound}${params} times the parameters or ${more} times the tokens${supply} would recover it.`;
}

function range(interval: { lower: number | null; upper: number | null; level: number }): string {
  const lower = interval.lower === null ? "unbounded" : shortNumber(interval.lower);
  const upper = interval.upper === null ? "unbounded" : shortNumber(interval.upper);
  return `${lower} to ${upper} at ${Math.round(100 * interval.level)} %`;
}
