import type { BatchRescaleRequest } from "../../../schemas/batch-rescales/request.ts";
import type { NoiseScaleEvidence } from "../../../schemas/noise-scales/evidence.ts";
import type { AdamSettings } from "../../numerics/rules/adam-rescaling.ts";
import type { BatchMove } from "../../numerics/rules/learning-rate-rescaling.ts";
import { noiseScaleVote, noiseScaleWarnings } from "../evidence/noise-scale.ts";
import { settlePlan } from "../recommend/settle.ts";
import { weighPlan } from "../recommend/weigh.ts";
import type { LogQuantity } from "../shared/estimates.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";
import { isAdaptive } from "../shared/is-adaptive.ts";
import type { Notice } from "../shared/notices.ts";
import { isAbout } from "../shared/notices.ts";

export type OptimizerKind = BatchRescaleRequest["optimizer"]["kind"];
export type BatchUnit = "tokens" | "examples";

/** A noise scale in the unit of the batches, and whose it is in words. */
export interface KnownNoise {
  readonly scale: LogQuantity;
  readonly name: string;
}

/** What is known of the run beside its settings; batch sizes in the unit of the request. */
export interface KnownRun {
  /** Measured, the laws' critical batch, or both joined. */
  readonly noise?: KnownNoise;
  readonly bOpt?: LogQuantity;
  /** Whether the run lies where the broken power was fitted. */
  readonly insideFit: boolean;
}

/** A move of one setting to another batch, with all that the rules ask for. */
export interface Rescale {
  readonly kind: OptimizerKind;
  readonly unit: BatchUnit;
  readonly move: BatchMove;
  /** k = new batch / old batch. */
  readonly batchRatio: number;
  /** Adam's numbers at the old batch; for other optimizers those of the frameworks. */
  readonly adam: AdamSettings;
  readonly known: KnownRun;
  readonly level: number;
}

// The sweep behind the broken power.
const FITTED_PARAMS = { lower: 2.1e8, upper: 1.07e9 } as const;
const FITTED_TOKENS = { lower: 4e9, upper: 1e11 } as const;

/**
 * Returns noise scale and optimal batch as far as the request lets them be known.
 *
 * A measured noise scale alone is taken as it stands, with the prior's sd of its ratio to the critical batch; with
 * model and data.trainingTokens the laws' batches are those of a recommendation for the run, the noise scale joined.
 *
 * @param notices - receives what was left out and why.
 * @throws {InvalidRequest} when the noise scale counts another unit and the sequence length is missing.
 * @source docs/method.md, panels and measured evidence
 */
export function knownOfRun(
  request: BatchRescaleRequest,
  unit: BatchUnit,
  notices: Notice[],
): KnownRun {
  const measured = request.noiseScale && measuredNoise(request, request.noiseScale, unit, notices);
  const point = lawPoint(request, unit, notices);
  if (point === undefined) {
    return { ...(measured && { noise: measured }), insideFit: true };
  }
  const evidence = measured === undefined ? undefined : request.noiseScale;
  const run = {
    model: point.model,
    data: { ...request.data, trainingTokens: point.trainingTokens },
    optimizer: { kind: request.optimizer.kind },
    ...(evidence && { evidence: { noiseScale: evidence } }),
  };
  const settled = settlePlan(run);
  // What the plan says of sequence length and learning-rate laws has no bearing on a rescale.
  notices.push(...settled.notices.filter((one) => !isAbout(one, "data.sequenceLengthTokens")));
  const { setting } = weighPlan(run, settled, request.intervalLevel, []);
  const params = settled.model.nonEmbeddingParams.value;
  return {
    noise: {
      scale: inUnit(setting.bCrit, point.tokensPerUnit),
      name: evidence ? "critical batch of laws and measurement" : "critical batch of the laws",
    },
    bOpt: inUnit(setting.bOpt, point.tokensPerUnit),
    insideFit:
      params >= FITTED_PARAMS.lower &&
      params <= FITTED_PARAMS.upper &&
      point.trainingTokens >= FITTED_TOKENS.lower &&
      point.trainingTokens <= FITTED_TOKENS.upper,
  };
}

function inUnit(quantity: LogQuantity, tokensPerUnit: number): LogQuantity {
  return { ...quantity, lnValue: quantity.lnValue - Math.log(tokensPerUnit) };
}

interface LawPoint {
  readonly model: NonNullable<BatchRescaleRequest["model"]>;
  readonly trainingTokens: number;
  readonly tokensPerUnit: number;
}

function lawPoint(
  { model, data }: BatchRescaleRequest,
  unit: BatchUnit,
  notices: Notice[],
): LawPoint | undefined {
  const trainingTokens = data?.trainingTokens;
  if (model === undefined && trainingTokens === undefined) return undefined;
  if (model === undefined || trainingTokens === undefined) {
    const missing = model === undefined ? "model" : "data.trainingTokens";
    notices.push({
      code: "laws-not-used",
      detail: `The laws' optimal and critical batch were not used; they also need ${missing}.`,
    });
    return undefined;
  }
  const tokensPerUnit = unit === "tokens" ? 1 : data?.sequenceLengthTokens;
  if (tokensPerUnit === undefined) {
    notices.push({
      code: "laws-not-used",
      detail:
        "The laws are in tokens. Send data.sequenceLengthTokens to compare a batch in examples with them.",
    });
    return undefined;
  }
  return { model, trainingTokens, tokensPerUnit };
}

function measuredNoise(
  request: BatchRescaleRequest,
  noiseScale: NoiseScaleEvidence,
  unit: BatchUnit,
  notices: Notice[],
): KnownNoise | undefined {
  const perUnit = unitsPerBatchUnit(noiseScale.unit, unit, request.data?.sequenceLengthTokens);
  const vote = noiseScaleVote(noiseScale, perUnit, isAdaptive(request.optimizer.kind));
  notices.push(...noiseScaleWarnings(noiseScale));
  if (vote === undefined) return undefined;
  return {
    scale: {
      // The rules ask for the noise scale itself; only its spread is that of the ratio to the critical batch.
      lnValue: vote.lnNoiseScale,
      variance: vote.variance,
      degreesOfFreedom: Number.POSITIVE_INFINITY,
      basis: "combined",
    },
    name: "measured noise scale",
  };
}

/** A sequence is an example. */
function unitsPerBatchUnit(
  counted: NoiseScaleEvidence["unit"],
  unit: BatchUnit,
  sequenceLengthTokens: number | undefined,
): number {
  if ((counted === "tokens") === (unit === "tokens")) return 1;
  if (sequenceLengthTokens === undefined) {
    throw new InvalidRequest([
      {
        pointer: "/data/sequenceLengthTokens",
        code: "required",
        message: `expected a number: the batches are in ${unit}, the noise scale in ${counted}`,
      },
    ]);
  }
  return unit === "tokens" ? sequenceLengthTokens : 1 / sequenceLengthTokens;
}
