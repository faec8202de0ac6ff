import type { Compensation, CompensationAnswer } from "../generated/schema.ts";
import {
  assumptionLines,
  estimateRow,
  notes,
  type Paint,
  page,
  section,
  showInterval,
  table,
} from "./layout.ts";
import { grouped, showCount, threeDigits } from "./quantity-text.ts";

type Way = CompensationWithWays["parameters"] | CompensationWithWays["tokens"];
type CompensationWithWays = Exclude<Compensation, { status: "not-needed" }>;

const times = (ratio: number) => `x${threeDigits(ratio)}`;

/** The price inside another answer: what the batch costs, and the ways to pay. */
export function showPrice(price: Compensation, paint: Paint): string {
  const status = paint("bold", price.status);
  if (price.status === "not-needed") return `  ${status}: ${price.reason}`;
  const rows = [
    estimateRow("batch penalty", price.batchPenaltyNats, threeDigits, "nats"),
    ...parametersRows(price.parameters),
    ...tokensRows(price.tokens),
  ];
  return [
    `  ${status}; cheaper: ${price.cheaper}`,
    table(rows, paint, [undefined, "bold", undefined, "dim"]),
    ...closedWays(price).map((why) => `  ${why}`),
  ].join("\n");
}

function parametersRows(way: CompensationWithWays["parameters"]): readonly (readonly string[])[] {
  if (way.status === "beyond-wall") return [["more parameters", "beyond the wall"]];
  const label = way.status === "impractical" ? "more parameters, at least" : "more parameters";
  return [
    estimateRow(label, way.paramsRatio, times),
    estimateRow("  without embeddings", way.nonEmbeddingParams, showCount),
    estimateRow("  in all", way.totalParams, showCount),
  ];
}

function tokensRows(way: CompensationWithWays["tokens"]): readonly (readonly string[])[] {
  return [
    estimateRow("more tokens", way.tokensRatio, times),
    estimateRow("  tokens of the run", way.trainingTokens, showCount),
    ["  steps", grouped(Math.round(way.steps))],
  ];
}

function closedWays({ parameters, tokens }: CompensationWithWays): readonly string[] {
  const why = (name: string, way: Way) =>
    "reason" in way
      ? [`${name}: ${way.reason}`, ...way.needed.map(({ detail }) => `  needed: ${detail}`)]
      : [];
  return [...why("parameters", parameters), ...why("tokens", tokens)];
}

/** The answer of `compensate` for a person. */
export function showCompensation(answer: CompensationAnswer, paint: Paint): string {
  const { bCritTokens, bOptTokens } = answer.criticalBatch;
  const level = Math.round(bCritTokens.interval.level * 100);
  const rows = [
    ["", "value", `${level} % interval`, "basis"],
    estimateRow("batch over critical", answer.batchOverCritical, times),
    estimateRow("critical batch", bCritTokens, showCount, "tokens"),
    estimateRow("optimal batch", bOptTokens, showCount, "tokens"),
    breakEvenRow(answer.breakEvenBatchTokens),
    estimateRow("wall", answer.wallBatchTokens, showCount, "tokens"),
  ];
  return page(
    section(
      `Price of the batch (${answer.lossLaw}, against the ${answer.relativeTo})`,
      showPrice(answer, paint),
      paint,
    ),
    table(rows, paint, [undefined, "bold", undefined, "dim"]),
    serialBudget(answer, paint),
    section("Caveats", notes(answer.caveats, paint, "dim"), paint),
    section("Warnings", notes(answer.warnings, paint, "yellow"), paint),
    section("Assumed", assumptionLines(answer.assumptions, paint), paint),
    paint("dim", `model version ${answer.modelVersion}`),
  );
}

/** Zero, where more tokens cost less from the smallest batch on. */
function breakEvenRow(breakEven: CompensationAnswer["breakEvenBatchTokens"]): readonly string[] {
  if (breakEven.value > 0) {
    return estimateRow("parameters pay up to", breakEven, showCount, "tokens");
  }
  const { upper } = breakEven.interval;
  const row = ["parameters pay", "at no batch: more tokens cost less"];
  return upper === 0 ? row : [...row, showInterval(breakEven, showCount), breakEven.basis];
}

function serialBudget({ serialBudget: budget }: CompensationAnswer, paint: Paint) {
  if (budget === undefined) return undefined;
  const heading = `In at most ${grouped(budget.maxSteps)} steps`;
  const least = estimateRow("fewest steps possible", budget.minSteps, showCount);
  if (budget.status === "below-floor") {
    return section(heading, `${table([least], paint)}\n  ${budget.reason}`, paint);
  }
  const rows = [
    least,
    estimateRow("parameters in all", budget.totalParams, showCount),
    estimateRow("tokens", budget.trainingTokens, showCount),
    estimateRow("batch", budget.batchTokens, showCount, "tokens"),
    estimateRow("FLOPs", budget.flopsRatio, times),
  ];
  return section(heading, table(rows, paint, [undefined, "bold", undefined, "dim"]), paint);
}
