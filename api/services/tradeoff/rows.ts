import type { TradeoffRow } from "../../../schemas/tradeoff-reports/parts.ts";
import type { Comparison } from "./comparison.ts";
import {
  type BatchPair,
  givenNoiseScale,
  gradientNoiseRow,
  implicitRegularisationRow,
} from "./noise.ts";
import { compensationRows, generalisationRow, lossRows, pathRow, sharpnessRow } from "./quality.ts";
import { settingRows } from "./settings.ts";
import { stepRows, timeRows } from "./speed.ts";

/** The two batches of a comparison, tokens. */
export function batchPair({ small, large }: Comparison): BatchPair {
  return { small: small.batch.batchTokens.value, large: large.batch.batchTokens.value };
}

/** Every row of the table, in the order of the aspects. */
export function tradeoffTable(comparison: Comparison): TradeoffRow[] {
  const { request, settled, level } = comparison;
  const { sequenceLengthTokens } = settled;
  const batches = batchPair(comparison);
  const trainingTokens = settled.tokens.value;
  const uniqueTokens = Math.min(request.data?.uniqueTokens ?? trainingTokens, trainingTokens);
  const noise = givenNoiseScale(request, sequenceLengthTokens, level);
  return [
    gradientNoiseRow(comparison, batches),
    sharpnessRow(),
    implicitRegularisationRow(noise, batches, { uniqueTokens, sequenceLengthTokens }, level),
    generalisationRow(uniqueTokens >= trainingTokens ? "one" : "several"),
    pathRow(),
    ...lossRows(comparison),
    ...compensationRows(comparison),
    ...stepRows(comparison, batches),
    ...timeRows(comparison, batches),
    ...settingRows(comparison),
  ];
}
