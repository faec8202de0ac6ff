import { defineLaw, type Law } from "../../api/numerics/laws/law.ts";
import { totalFromNonEmbeddingParams } from "../../api/numerics/laws/params-conversion.ts";
import { brokenPowerLearningRateRatio } from "../../api/numerics/rules/learning-rate-rescaling.ts";
import type { SurfaceConstants } from "../../api/numerics/surface/form.ts";
import { surfaceOptimum } from "../../api/numerics/surface/surface.ts";
import { askPanel } from "../../api/services/evidence/panel.ts";
import {
  BATCH_PANEL,
  LEARNING_RATE_PANEL,
  type PanelMember,
  type PanelPoint,
  type PanelSpec,
} from "../../api/services/evidence/panel-specs.ts";
import { recommendPlan } from "../../api/services/recommend/recommend.ts";
import { estimateOf, type LogQuantity } from "../../api/services/shared/estimates.ts";
import type { HeldOutCell } from "./leave-one-out.ts";
import { type CellJudge, type RegretSummary, summarizeRegret } from "./regret.ts";
import type { SweepCell } from "./sweep.ts";

/** A recommendation for one cell, with how sure it says it is. */
interface PooledAnswer {
  readonly bOpt: LogQuantity;
  readonly peakLearningRate: LogQuantity;
}

/** One way of pooling, priced on the cells, with its count of covered optima at 80 %. */
export interface PooledRegret extends RegretSummary {
  readonly batchHits: number;
  readonly learningRateHits: number;
}

const LEVEL = 0.8;
const SEQUENCE_LENGTH_TOKENS = 2048;
/** Cluster of the laws fitted on the runs of the sweep. */
const SAME_RUNS_CLUSTER = "step-law-runs";
/** Share of the move to the optimal batch that its sd is, as in the panel. */
const MOVE_SD_SHARE = 1 / 3;

function pointOf(cell: SweepCell): PanelPoint {
  return {
    nonEmbeddingParams: cell.nonEmbeddingParams,
    computeParams: totalFromNonEmbeddingParams(cell.nonEmbeddingParams),
    trainingTokens: cell.trainingTokens,
  };
}

/** The law of the surface with constants fitted elsewhere: batch and learning rate only. */
function refitted(template: Law, constants: SurfaceConstants): Law {
  const kept = template.outputs.filter(
    ({ quantity, requires }) =>
      (quantity === "bOptTokens" || quantity === "peakLearningRate") &&
      !requires.includes("batchTokens"),
  );
  return defineLaw({
    ...structuredClone({ ...template, outputs: [] }),
    outputs: kept.map((output) => ({
      ...output,
      requires: ["nonEmbeddingParams", "trainingTokens"] as const,
      predict: (inputs) => {
        const { nonEmbeddingParams, trainingTokens } = inputs;
        const optimum = surfaceOptimum(constants, nonEmbeddingParams, trainingTokens);
        return output.quantity === "bOptTokens" ? optimum.bOptTokens : optimum.peakLearningRate;
      },
    })),
  });
}

/** The panel's move of a law of one fixed batch, to an optimal batch that has not seen the cell. */
function movedTo(member: PanelMember, bOptAt: (point: PanelPoint) => number): PanelMember {
  const vote = member.law.votes?.peakLearningRate;
  if (vote?.kind !== "fixed-batch") return member;
  const shiftLog = (point: PanelPoint) =>
    -Math.log(brokenPowerLearningRateRatio(vote.batchTokens, bOptAt(point)));
  return { ...member, shiftLog, mismatchSdLog: (point) => shiftLog(point) * MOVE_SD_SHARE };
}

/** The panel without a law of the sweep's own runs, but for the given surface as estimate (a). */
function panelWith(
  spec: PanelSpec,
  constants: SurfaceConstants | undefined,
  bOptAt: (point: PanelPoint) => number,
): PanelSpec {
  const { anchor, ...rest } = spec;
  const bare: PanelSpec = {
    ...rest,
    sameData: [],
    pooled: spec.pooled
      .filter(({ law }) => law.cluster !== SAME_RUNS_CLUSTER)
      .map((member) => movedTo(member, bOptAt)),
  };
  if (constants === undefined || anchor === undefined) return bare;
  const member = { ...anchor.member, law: refitted(anchor.member.law, constants) };
  return { ...bare, anchor: { ...anchor, member } };
}

/** Asks the panels as a recommendation does, at the optimal batch. */
function askWith(constants: SurfaceConstants | undefined, cell: SweepCell): PooledAnswer {
  const point = pointOf(cell);
  const batchPanel = panelWith(BATCH_PANEL, constants, () => 1);
  const bOptAt = (at: PanelPoint) => Math.exp(askPanel(batchPanel, at, 0).lnValue);
  const ratePanel = panelWith(LEARNING_RATE_PANEL, constants, bOptAt);
  return {
    bOpt: askPanel(batchPanel, point, 0),
    peakLearningRate: askPanel(ratePanel, point, 0),
  };
}

function holds(quantity: LogQuantity, value: number): boolean {
  const { lower, upper } = estimateOf(quantity, LEVEL).interval;
  return (lower ?? 0) <= value && value <= (upper ?? Infinity);
}

function priceAnswers(
  judges: readonly CellJudge[],
  answerFor: (cell: SweepCell) => PooledAnswer,
): PooledRegret {
  const answers = new Map(judges.map(({ cell }) => [cell.id, answerFor(cell)]));
  const of = (cell: SweepCell) => answers.get(cell.id) as PooledAnswer;
  const summary = summarizeRegret(judges, (cell) => () => ({
    batchTokens: Math.exp(of(cell).bOpt.lnValue),
    peakLearningRate: Math.exp(of(cell).peakLearningRate.lnValue),
  }));
  return {
    ...summary,
    batchHits: judges.filter(({ cell, best }) => holds(of(cell).bOpt, best.batchTokens)).length,
    learningRateHits: judges.filter(({ cell, best }) =>
      holds(of(cell).peakLearningRate, best.peakLearningRate),
    ).length,
  };
}

/** The recommendation as a client gets it, batch rounded to whole sequences; its laws have seen the cells. */
export function shippedRegret(judges: readonly CellJudge[]): PooledRegret {
  const answers = new Map(
    judges.map(({ cell }) => {
      const { nonEmbeddingParams, trainingTokens } = cell;
      const answer = recommendPlan({
        model: { nonEmbeddingParams },
        data: { trainingTokens, sequenceLengthTokens: SEQUENCE_LENGTH_TOKENS },
      });
      if (answer.status !== "recommended") throw new Error(answer.status);
      return [cell.id, answer] as const;
    }),
  );
  const of = (cell: SweepCell) => {
    const answer = answers.get(cell.id);
    if (answer === undefined) throw new Error(`no answer for ${cell.id}`);
    return answer;
  };
  const inside = (
    interval: { readonly lower: number | null; readonly upper: number | null },
    value: number,
  ) => (interval.lower ?? 0) <= value && value <= (interval.upper ?? Infinity);
  return {
    ...summarizeRegret(judges, (cell) => () => ({
      batchTokens: of(cell).batch.batchTokens.value,
      peakLearningRate: of(cell).learningRate.peakLearningRate.value,
    })),
    batchHits: judges.filter(({ cell, best }) =>
      inside(of(cell).batch.batchTokens.interval, best.batchTokens),
    ).length,
    learningRateHits: judges.filter(({ cell, best }) =>
      inside(of(cell).learningRate.peakLearningRate.interval, best.peakLearningRate),
    ).length,
  };
}

/** Estimate (a) is the surface fitted without the cell; Step Law, Schaipp and the older refit are not asked. */
export function heldOutRegret(
  judges: readonly CellJudge[],
  heldOut: readonly HeldOutCell[],
): PooledRegret {
  const constants = new Map(heldOut.map((one) => [one.cell.id, one.constants]));
  return priceAnswers(judges, (cell) => {
    const refit = constants.get(cell.id);
    if (refit === undefined) throw new Error(`${cell.id} was not held out`);
    return askWith(refit, cell);
  });
}

/** No law that was fitted on the sweep's runs is asked: what the service would say had they not been published. */
export function strangersRegret(judges: readonly CellJudge[]): PooledRegret {
  return priceAnswers(judges, (cell) => askWith(undefined, cell));
}
