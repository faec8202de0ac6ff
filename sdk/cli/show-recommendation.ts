import type {
  Alternative,
  Estimate,
  EvidenceItem,
  EvidenceOnly,
  InsufficientEvidence,
  RecommendationAnswer,
  Recommended,
} from "../generated/schema.ts";
import {
  assumptionLines,
  estimateRow,
  notes,
  type Paint,
  page,
  type Style,
  section,
  table,
} from "./layout.ts";
import { grouped, percent, showCount, threeDigits } from "./quantity-text.ts";
import { showPrice } from "./show-price.ts";

type Rows = readonly (readonly string[])[];

const VALUE_STYLES: readonly (Style | undefined)[] = [undefined, "bold", undefined, "dim"];

/** The answer of `recommend` for a person. */
export function showRecommendation(answer: RecommendationAnswer, paint: Paint): string {
  if (answer.status === "recommended") return showRecommended(answer, paint);
  if (answer.status === "evidence-only") return showEvidenceOnly(answer, paint);
  return showInsufficient(answer, paint);
}

function showRecommended(answer: Recommended, paint: Paint): string {
  const level = Math.round(answer.batch.batchTokens.interval.level * 100);
  const rows = [
    ["", "value", `${level} % interval`, "basis"],
    ...batchRows(answer),
    ...learningRateRows(answer),
    ...sizeRows(answer),
    ...lossRows(answer),
  ];
  return page(
    answer.summary,
    table(rows, paint, VALUE_STYLES),
    section("Price of this batch", showPrice(answer.compensation, paint), paint),
    yours(answer, paint),
    ramp(answer, paint),
    section("Alternatives", alternatives(answer.alternatives, paint), paint),
    ...closing(answer, paint),
  );
}

function batchRows({ batch, criticalBatch }: Recommended): Rows {
  const { batchSequences, microBatchSequences, gradientAccumulationSteps, steps } = batch;
  const devices = batchSequences / (microBatchSequences * gradientAccumulationSteps);
  const parts = `${microBatchSequences} x ${gradientAccumulationSteps} x ${devices}`;
  return [
    estimateRow("batch", batch.batchTokens, grouped, "tokens"),
    ["  sequences", grouped(batchSequences), `${parts} (micro-batch x accumulation x devices)`],
    ["  steps", grouped(steps)],
    estimateRow("critical batch", criticalBatch.bCritTokens, showCount, "tokens"),
    estimateRow("optimal batch", criticalBatch.bOptTokens, showCount, "tokens"),
  ];
}

function learningRateRows({ learningRate, optimizer }: Recommended): Rows {
  const { peakLearningRate, warmupTokens, warmupSteps } = learningRate;
  const settings = [
    ["beta1", optimizer.adamBeta1],
    ["beta2", optimizer.adamBeta2],
    ["epsilon", optimizer.adamEpsilon],
    ["momentum", optimizer.momentum],
    ["clip norm", optimizer.gradientClipNorm],
  ] as const;
  const decay = optimizer.weightDecay;
  return [
    estimateRow("peak learning rate", peakLearningRate, threeDigits),
    ["  warm-up", `${grouped(warmupSteps)} steps`, `${showCount(warmupTokens)} tokens`],
    ...(decay === undefined ? [] : [estimateRow("weight decay", decay, threeDigits)]),
    ...settings.flatMap(([name, value]) =>
      value === undefined ? [] : [[`${optimizer.kind} ${name}`, threeDigits(value)]],
    ),
  ];
}

function sizeRows({ parameters, data }: Recommended): Rows {
  return [
    estimateRow("parameters", parameters.totalParams, showCount, "in all"),
    estimateRow("", parameters.nonEmbeddingParams, showCount, "without embeddings"),
    estimateRow("training tokens", data.trainingTokens, showCount),
  ];
}

function lossRows({ loss }: Recommended): Rows {
  return [
    estimateRow("loss", loss.lossNats, threeDigits, "nats"),
    estimateRow("  of it by the batch", loss.batchPenaltyNats, threeDigits, "nats"),
  ];
}

function yours({ yours: judged }: Recommended, paint: Paint): string | undefined {
  if (judged === undefined) return undefined;
  const rows = [
    ["given away by the batch", judged.batchPenaltyNats],
    ["given away by the learning rate", judged.learningRatePenaltyNats],
  ] as const;
  const penalties = rows.flatMap(([label, penalty]) =>
    penalty === undefined ? [] : [estimateRow(label, penalty, threeDigits, "nats")],
  );
  const advice = `  ${paint("bold", judged.advice)}: ${judged.reason}`;
  return section("Your settings", [advice, table(penalties, paint)].join("\n"), paint);
}

function ramp({ batchSchedule }: Recommended, paint: Paint): string | undefined {
  if (batchSchedule.length < 2) return undefined;
  const rows = batchSchedule.map(({ fromTokens, batchTokens, peakLearningRateRatio }) => [
    `from ${showCount(fromTokens)} tokens`,
    `batch ${grouped(batchTokens)} tokens`,
    `learning rate x${threeDigits(peakLearningRateRatio)}`,
  ]);
  return section("Batch ramp", table(rows, paint), paint);
}

function alternatives(points: readonly Alternative[], paint: Paint): string {
  const rows = points.map((point) => [
    point.id,
    `${grouped(point.batchTokens)} tokens`,
    `learning rate ${threeDigits(point.peakLearningRate)}`,
    `${grouped(point.steps)} steps`,
    `+${threeDigits(point.batchPenaltyNats)} nats`,
    `tokens x${threeDigits(point.tokensRatio)}`,
    `steps x${threeDigits(point.stepsRatio)}`,
    point.timeHours === undefined ? "" : `${threeDigits(point.timeHours)} h`,
  ]);
  return table(rows, paint);
}

function closing(
  { evidence, assumptions, warnings, modelVersion }: Recommended | EvidenceOnly,
  paint: Paint,
): readonly (string | undefined)[] {
  return [
    section("Evidence", showEvidence(evidence, paint), paint),
    section("Warnings", notes(warnings, paint, "yellow"), paint),
    section("Assumed", assumptionLines(assumptions, paint), paint),
    paint("dim", `model version ${modelVersion}`),
  ];
}

/** What has weight, by quantity and falling weight; the rest is counted. */
function showEvidence(evidence: readonly EvidenceItem[], paint: Paint): string {
  const order = [...new Set(evidence.map(({ quantity }) => quantity))];
  const weighty = evidence.filter(({ weight }) => weight > 0);
  const sorted = order.flatMap((quantity) =>
    weighty.filter((item) => item.quantity === quantity).sort((a, b) => b.weight - a.weight),
  );
  const rows = sorted.map((item, index) => [
    sorted[index - 1]?.quantity === item.quantity ? "" : item.quantity,
    percent(item.weight).padStart(5),
    item.id,
    item.value === undefined ? "" : showEvidenceValue(item.quantity, item.value),
    item.insideFit ? "inside its fit" : "extrapolated",
    `${item.status}, ${item.source}`,
  ]);
  const hidden = evidence.length - weighty.length;
  const more = hidden === 0 ? [] : [paint("dim", `  ${hidden} more without weight: see --json`)];
  const styles = [undefined, "bold", undefined, undefined, undefined, "dim"] as const;
  return [...(rows.length === 0 ? [] : [table(rows, paint, styles)]), ...more].join("\n");
}

function showEvidenceValue(quantity: string, value: number): string {
  return /(Tokens|Examples|Params)$/.test(quantity) ? showCount(value) : threeDigits(value);
}

function showEvidenceOnly(answer: EvidenceOnly, paint: Paint): string {
  const { batch, criticalBatch, learningRate, unit } = answer;
  const found: readonly (readonly [string, Estimate | undefined, (value: number) => string])[] = [
    ["batch", batch?.batchTokens ?? batch?.batchExamples, grouped],
    ["critical batch", criticalBatch?.bCritTokens ?? criticalBatch?.bCritExamples, showCount],
    ["peak learning rate", learningRate?.peakLearningRate, threeDigits],
  ];
  const rows = found.flatMap(([label, estimate, show]) => {
    if (estimate === undefined) return [];
    return [estimateRow(label, estimate, show, label.endsWith("batch") ? unit : "")];
  });
  return page(
    answer.summary,
    rows.length === 0 ? undefined : table(rows, paint, VALUE_STYLES),
    ...closing(answer, paint),
  );
}

function showInsufficient(answer: InsufficientEvidence, paint: Paint): string {
  return page(
    answer.summary,
    section(`No answer for ${answer.task}`, `  ${answer.reason}`, paint),
    section(
      "Any one of these makes an answer possible",
      notes(answer.needed, paint, "bold"),
      paint,
    ),
    section("Warnings", notes(answer.warnings, paint, "yellow"), paint),
    section("Assumed", assumptionLines(answer.assumptions, paint), paint),
    paint("dim", `model version ${answer.modelVersion}`),
  );
}
