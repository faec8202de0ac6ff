import { lawCatalogue } from "../../api/numerics/laws/catalogue.ts";
import { completeInputs, evaluateQuantity } from "../../api/numerics/laws/evaluate-law.ts";
import type { Law, LawInputs } from "../../api/numerics/laws/law.ts";
import { totalFromNonEmbeddingParams } from "../../api/numerics/laws/params-conversion.ts";
import {
  type CellJudge,
  type RecommendationRule,
  type RegretSummary,
  summarizeRegret,
} from "./regret.ts";
import type { SweepCell } from "./sweep.ts";

/** One published recommendation, priced. */
export interface LawRegret extends RegretSummary {
  /** One law's id, or two joined by " + " when the batch is one's and the learning rate the other's. */
  readonly id: string;
  /** Its authors fitted these very cells. */
  readonly sawTheseRuns: boolean;
}

/** Laws that give only a batch are priced with the anchored learning rate of the token-horizon law. */
const LEARNING_RATE_COMPANION = "bjorck2024-horizon";
/** The project's own surface is judged apart: its catalogue constants have seen every cell. */
const OWN_SURFACE = "critbatch-joint";
/** Cluster of the laws fitted on the runs of the sweep. */
const SAME_RUNS_CLUSTER = "step-law-runs";

function inputsOf(law: Law, nonEmbeddingParams: number, trainingTokens: number): LawInputs {
  const totalParams = totalFromNonEmbeddingParams(nonEmbeddingParams);
  return completeInputs({ nonEmbeddingParams, totalParams, trainingTokens }, law);
}

function predict(
  law: Law,
  quantity: "bOptTokens" | "peakLearningRate",
  params: number,
  tokens: number,
): number | undefined {
  const evaluation = evaluateQuantity(law, quantity, inputsOf(law, params, tokens));
  return evaluation?.status === "ok" ? evaluation.value : undefined;
}

/** The rule of a batch law and a learning-rate law, or undefined when one of them has no answer for the cell. */
function ruleOf(batchLaw: Law, rateLaw: Law, cell: SweepCell): RecommendationRule | undefined {
  const { nonEmbeddingParams, trainingTokens } = cell;
  const batchTokens = predict(batchLaw, "bOptTokens", nonEmbeddingParams, trainingTokens);
  const rate = predict(rateLaw, "peakLearningRate", nonEmbeddingParams, trainingTokens);
  if (batchTokens === undefined || rate === undefined) return undefined;
  return () => ({ batchTokens, peakLearningRate: rate });
}

function price(batchLaw: Law, rateLaw: Law, judges: readonly CellJudge[]): LawRegret | undefined {
  const rules = new Map<string, RecommendationRule>();
  for (const { cell } of judges) {
    const rule = ruleOf(batchLaw, rateLaw, cell);
    if (rule === undefined) return undefined;
    rules.set(cell.id, rule);
  }
  const summary = summarizeRegret(judges, (cell) => rules.get(cell.id) as RecommendationRule);
  return {
    id: batchLaw === rateLaw ? batchLaw.id : `${batchLaw.id} + ${rateLaw.id}`,
    sawTheseRuns: batchLaw.cluster === SAME_RUNS_CLUSTER,
    ...summary,
  };
}

/**
 * Returns the regret of every published law of the catalogue that gives an optimal batch, best first.
 *
 * A law without a learning rate of its own is priced with the anchored token-horizon law; one that needs a loss, or
 * refuses one of the cells, is left out. Laws in total parameters get them by the one named conversion.
 */
export function lawRegrets(judges: readonly CellJudge[]): readonly LawRegret[] {
  const companion = lawCatalogue.find((law) => law.id === LEARNING_RATE_COMPANION);
  const batchLaws = lawCatalogue.filter(
    (law) =>
      law.id !== OWN_SURFACE && law.outputs.some((output) => output.quantity === "bOptTokens"),
  );
  return batchLaws
    .flatMap((law) => {
      const hasRate = law.outputs.some((output) => output.quantity === "peakLearningRate");
      const rateLaw = hasRate ? law : companion;
      return rateLaw === undefined ? [] : (price(law, rateLaw, judges) ?? []);
    })
    .sort((a, b) => a.meanNats - b.meanNats);
}
