import type { Estimate } from "../../../schemas/common.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import type { TradeoffCell, TradeoffRow } from "../../../schemas/tradeoff-reports/parts.ts";
import { atLevel } from "../compensation/request.ts";
import { type Span, spanEstimate } from "../compensation/spans.ts";
import { readProbe } from "../evidence/probe.ts";
import { estimateOf } from "../shared/estimates.ts";
import { shortNumber } from "../shared/number-text.ts";
import { needsMeasurement, tradeoffRow } from "./aspects.ts";
import type { Comparison } from "./comparison.ts";

/** The two batches of a table, tokens. */
export interface BatchPair {
  readonly small: number;
  readonly large: number;
}

/**
 * The caller's simple noise scale tr(Sigma)/|G|^2 in tokens, its interval at the level of the answer.
 *
 * @param sequenceLengthTokens - absent: a noise scale in sequences or examples has no tokens.
 * @returns undefined without a noise scale, without a value, or without a known unit.
 */
export function givenNoiseScale(
  request: RecommendationRequest,
  sequenceLengthTokens: number | undefined,
  level: number,
): Span | undefined {
  const noiseScale = request.evidence?.noiseScale;
  if (noiseScale === undefined || !("bSimple" in noiseScale)) return undefined;
  const tokensPerUnit = noiseScale.unit === "tokens" ? 1 : sequenceLengthTokens;
  return tokensPerUnit === undefined
    ? undefined
    : inTokens(noiseScale.bSimple, tokensPerUnit, level);
}

/** The simple noise scale late in the caller's probe, one of its examples taken as a sequence. */
export function probedNoiseScale(
  request: RecommendationRequest,
  sequenceLengthTokens: number | undefined,
  level: number,
): Span | undefined {
  const probe = request.evidence?.probe;
  if (probe === undefined || sequenceLengthTokens === undefined) return undefined;
  const { bSimple } = readProbe(probe, true);
  return bSimple && inTokens(bSimple, sequenceLengthTokens, level);
}

function inTokens(bSimple: Estimate, tokensPerUnit: number, level: number): Span {
  const { value, lower, upper } = atLevel(bSimple, level);
  return {
    value: value * tokensPerUnit,
    lower: lower === null ? null : lower * tokensPerUnit,
    upper: upper === null ? null : upper * tokensPerUnit,
  };
}

function scaled({ value, lower, upper }: Span, factor: number, level: number): Estimate {
  const ends = {
    value: value * factor,
    lower: lower === null ? null : lower * factor,
    upper: upper === null ? null : upper * factor,
  };
  return { ...spanEstimate(ends, level), basis: "measured" };
}

const ratioText = ({ small, large }: BatchPair) => Number((large / small).toPrecision(3));

/** Noise over signal of one step from a measured noise scale: B_simple / B. */
export function measuredNoiseRow(
  noise: Span,
  batches: BatchPair,
  level: number,
  source = "evidence.noiseScale",
): TradeoffRow {
  return tradeoffRow("gradient-noise", {
    small: scaled(noise, 1 / batches.small, level),
    large: scaled(noise, 1 / batches.large, level),
    finding:
      `True for one step: at the large batch it has ${ratioText(batches)} times less noise relative to signal. ` +
      `Beyond the noise scale of ${shortNumber(noise.value)} tokens the signal dominates, and less noise gains little.`,
    source: `${source}; arXiv:1812.06162, eq. (2.9): tr(Sigma)/|G|^2 over the batch`,
  });
}

/**
 * Noise over signal of one step: B_noise / B, from a measured noise scale, else from the critical batch.
 *
 * @source arXiv:1812.06162, eqs. (2.8) and (2.9); B_noise near B_c: section 2.3
 */
export function gradientNoiseRow(comparison: Comparison, batches: BatchPair): TradeoffRow {
  const { request, settled, weighed, level } = comparison;
  const noise = givenNoiseScale(request, settled.sequenceLengthTokens, level);
  if (noise !== undefined) return measuredNoiseRow(noise, batches, level);
  const { bCrit } = weighed.setting;
  const at = (batchTokens: number): TradeoffCell =>
    estimateOf({ ...bCrit, lnValue: bCrit.lnValue - Math.log(batchTokens) }, level);
  return tradeoffRow("gradient-noise", {
    small: at(batches.small),
    large: at(batches.large),
    finding:
      `True for one step: at the large batch it has ${ratioText(batches)} times less noise relative to signal. ` +
      `The critical batch of ${shortNumber(Math.exp(bCrit.lnValue))} tokens is used in place of the noise scale, which was not ` +
      "measured; the two can differ many times over.",
    source: "pooled critical batch; arXiv:1812.06162, eqs. (2.8) and (2.9): B_noise / B",
  });
}

const SEND_NOISE_SCALE =
  "Measure the gradient noise scale and send it as evidence.noiseScale, in tokens or with data.sequenceLengthTokens.";

/** The cell of whatever a noise scale would tell. */
export const NOISE_SCALE_MISSING = needsMeasurement(
  "No noise scale of this run in tokens was given.",
  "noise-scale",
  SEND_NOISE_SCALE,
);

/**
 * Ratio of the two penalties in the loss that small-step SGD with reshuffling follows, noise over step size.
 *
 *   (N - B)/(N - 1) B_simple/B,  N and B in sequences; 0 from the whole data set on
 *
 * @param uniqueTokens - N in tokens; absent: the row asks for it.
 * @source arXiv:2101.12176 (scaling); its exact form is unverified
 */
export function implicitRegularisationRow(
  noise: Span | undefined,
  batches: BatchPair,
  data: { readonly uniqueTokens: number | undefined; readonly sequenceLengthTokens: number },
  level: number,
): TradeoffRow {
  const source =
    "arXiv:2101.12176: modified loss of SGD with reshuffling, (N-B)/(N-1) B_simple/B [exact form unverified]";
  const { uniqueTokens, sequenceLengthTokens } = data;
  if (noise === undefined || uniqueTokens === undefined) {
    const missing =
      noise === undefined
        ? NOISE_SCALE_MISSING
        : needsMeasurement(
            "The size of the data set is not given.",
            "training-tokens",
            "Send data.uniqueTokens or data.trainingTokens.",
          );
    return tradeoffRow("implicit-regularisation", {
      small: missing,
      large: missing,
      finding:
        "The batch regularizes only below the noise scale: the same knee as in optimization. " +
        missing.reason,
      source,
    });
  }
  const at = (batchTokens: number): Estimate => {
    const sequences = uniqueTokens / sequenceLengthTokens;
    const left = sequences - batchTokens / sequenceLengthTokens;
    const unseen = left <= 0 ? 0 : Math.min(1, left / Math.max(sequences - 1, left));
    return scaled(noise, unseen / batchTokens, level);
  };
  return tradeoffRow("implicit-regularisation", {
    small: at(batches.small),
    large: at(batches.large),
    finding:
      "Half true: gradient noise regularizes only while the batch is below the noise scale of " +
      `${shortNumber(noise.value)} tokens, and its strength depends on the learning rate. Whether it helps held-out loss is ` +
      "contested (Smith 2020 for, Shallue 2018 and Geiping 2021 against).",
    source,
  });
}
