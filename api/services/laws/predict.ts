import type { LawPredictionAnswer, LawPredictionRequest } from "../../../schemas/laws/laws.ts";
import { findLaw } from "../../numerics/laws/catalogue.ts";
import {
  completeInputs,
  evaluateLaw,
  type LawPrediction,
  type OutsideLaw,
} from "../../numerics/laws/evaluate-law.ts";
import type { Law, LawInputs, LawVariable } from "../../numerics/laws/law.ts";
import {
  nonEmbeddingFlopsPerToken,
  nonEmbeddingFromTotalParams,
  nonEmbeddingParamsOfShape,
  totalFromNonEmbeddingParams,
  totalParamsOfShape,
} from "../../numerics/laws/params-conversion.ts";
import { convertedCount } from "../shared/converted-count.ts";
import { estimateOf, roundForWire } from "../shared/estimates.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";
import type { Notice } from "../shared/notices.ts";
import { splitNotices } from "../shared/notices.ts";
import { rangesOf } from "./describe.ts";
import { type Spread, surfaceSpread } from "./surface-spread.ts";

const JOINT_SURFACE = "critbatch-joint";

/**
 * Returns what one law says at the given inputs, each quantity with its own interval.
 *
 * The other parameter count is converted by the rule of params-conversion.ts, and one of N, D and C is
 * worked out from the other two; both are among the assumptions.
 *
 * @param lawId - for example "li2025-step-law".
 * @returns undefined when no law has this id; `outside-law` in the law's refusal range.
 * @throws {InvalidRequest} naming the inputs that the law needs and does not have.
 */
export function predictWithLaw(
  lawId: string,
  request: LawPredictionRequest,
): LawPredictionAnswer | undefined {
  const law = findLaw(lawId);
  if (law === undefined) return undefined;
  const notices: Notice[] = [];
  const inputs = inputsFor(law, request, notices);
  const evaluation = evaluateLaw(law, inputs);
  if (evaluation.status === "missing-inputs") throw missingInputs(law, evaluation.missing);
  const common = {
    lawId: law.id as LawPredictionAnswer["lawId"],
    refused: evaluation.refused.map((refused) => refusedQuantity(law, refused)),
    ...splitNotices(notices),
    modelVersion: MODEL_VERSION,
  };
  if (evaluation.status === "outside-law") {
    return { status: "outside-law", reason: evaluation.reason, ...common };
  }
  const { intervalLevel } = request;
  const predictions = evaluation.predictions.map((one) => {
    const own =
      law.id === JOINT_SURFACE ? surfaceSpread(one.quantity, inputs, intervalLevel) : undefined;
    return onWire(one, own ?? spreadOf(one), intervalLevel);
  });
  return { status: "ok", predictions, ...common };
}

/** Every variable a law may ask for, as given, converted or completed. */
function inputsFor(law: Law, request: LawPredictionRequest, notices: Notice[]): LawInputs {
  const { shape, intervalLevel: _level, modelVersion: _pin, ...given } = request;
  const wanted = new Set<LawVariable>(law.outputs.flatMap((output) => output.requires));
  const counted: LawInputs =
    shape === undefined
      ? (given as LawInputs)
      : {
          ...(given as LawInputs),
          nonEmbeddingParams: nonEmbeddingParamsOfShape(shape),
          totalParams: totalParamsOfShape(shape),
        };
  const withAttention = countFlops(law, request, counted, notices);
  const completed = completeInputs(withAttention, law);
  warnOfCompletion(withAttention, completed, wanted, notices);
  return convertCounts(completed, wanted, notices);
}

/** A law with non-embedding FLOPs counts attention too; only a shape tells how much that is. */
function countFlops(
  law: Law,
  { shape, sequenceLengthTokens, trainingTokens }: LawPredictionRequest,
  inputs: LawInputs,
  notices: Notice[],
): LawInputs {
  const asksForFlops = law.outputs.some(({ requires }) => requires.includes("trainingFlops"));
  if (law.id !== "bi2024-deepseek" || !asksForFlops || inputs.trainingFlops !== undefined) {
    return inputs;
  }
  if (shape !== undefined && sequenceLengthTokens !== undefined && trainingTokens !== undefined) {
    const perToken = nonEmbeddingFlopsPerToken(shape, sequenceLengthTokens);
    return { ...inputs, trainingFlops: perToken * trainingTokens };
  }
  notices.push({
    code: "attention-flops-not-counted",
    detail:
      "The law counts attention FLOPs. Without model shape and sequenceLengthTokens, C is " +
      "6 x nonEmbeddingParams x trainingTokens, which is slightly too low.",
  });
  return inputs;
}

function warnOfCompletion(
  before: LawInputs,
  after: LawInputs,
  wanted: ReadonlySet<LawVariable>,
  notices: Notice[],
): void {
  for (const variable of Object.keys(after) as LawVariable[]) {
    if (before[variable] !== undefined || !wanted.has(variable)) continue;
    notices.push({
      field: variable,
      value: roundForWire(after[variable] ?? 0),
      detail: "Follows from trainingFlops = 6 x parameters x trainingTokens.",
    });
  }
}

function convertCounts(
  inputs: LawInputs,
  wanted: ReadonlySet<LawVariable>,
  notices: Notice[],
): LawInputs {
  const { nonEmbeddingParams, totalParams } = inputs;
  if (wanted.has("totalParams") && totalParams === undefined && nonEmbeddingParams !== undefined) {
    const total = totalFromNonEmbeddingParams(nonEmbeddingParams);
    notices.push(convertedCount("totalParams", total, "nonEmbeddingParams"));
    return { ...inputs, totalParams: total };
  }
  if (
    wanted.has("nonEmbeddingParams") &&
    nonEmbeddingParams === undefined &&
    totalParams !== undefined
  ) {
    const count = nonEmbeddingFromTotalParams(totalParams);
    notices.push(convertedCount("nonEmbeddingParams", count, "totalParams"));
    return { ...inputs, nonEmbeddingParams: count };
  }
  return inputs;
}

function spreadOf({ sdLog }: LawPrediction): Spread {
  return { sdLog, degreesOfFreedom: Number.POSITIVE_INFINITY };
}

function onWire(prediction: LawPrediction, { sdLog, degreesOfFreedom }: Spread, level: number) {
  return {
    quantity: prediction.quantity,
    estimate: estimateOf(
      {
        lnValue: Math.log(prediction.value),
        variance: sdLog * sdLog,
        degreesOfFreedom,
        basis: "law" as const,
      },
      level,
    ),
    insideFit: prediction.insideFit,
    extrapolationLog: roundForWire(prediction.extrapolationLog),
    formula: prediction.formula,
    constantStatus: prediction.constantStatus,
  };
}

function refusedQuantity(law: Law, { quantity, variable, reason }: OutsideLaw) {
  if (variable === undefined) return { quantity, reason, needed: [] };
  const boxes = [law.refusalBox, ...law.outputs.map((output) => boxOf(output, quantity))];
  const needed = boxes
    .flatMap((box) => rangesOf(box))
    .filter((range) => range.variable === variable);
  return { quantity, reason, needed };
}

function boxOf(output: Law["outputs"][number], quantity: string) {
  return output.quantity === quantity ? (output.refusalBox ?? {}) : {};
}

function missingInputs(law: Law, missing: readonly LawVariable[]): InvalidRequest {
  return new InvalidRequest(
    missing.map((variable) => ({
      pointer: `/${variable}`,
      code: "required",
      message: `expected ${alternatives(variable)}; ${law.id} needs it`,
    })),
  );
}

function alternatives(variable: LawVariable): string {
  if (variable === "nonEmbeddingParams") return "nonEmbeddingParams, totalParams or shape";
  if (variable === "totalParams") return "totalParams, nonEmbeddingParams or shape";
  return variable;
}
