import { lagOneAutocorrelation, withoutTrend } from "./trend.ts";

/** How many consecutive observations make one block, and what correlation between blocks still costs. */
export interface BlockLength {
  readonly observations: number;
  /** Factor on the variance of a mean of blocks; 1 for white noise. */
  readonly varianceFactor: number;
}

const WHITE: BlockLength = { observations: 1, varianceFactor: 1 };

/**
 * Averages of so many observations are looked at, too: a slow drift under white noise hardly shows between
 * neighbours. With the quantile beside it, 2 % of white series of 20 to 1,000 observations get blocks.
 */
const SCALES = [1, 3, 9] as const;
const SIGNIFICANCE_QUANTILE = 2.4;
const MIN_OBSERVATIONS = 8;
const MIN_COARSE_OBSERVATIONS = 12;
const MIN_BLOCKS = 5;
/** A correlation time that a window of this many observations cannot tell from a trend. */
const MAX_CORRELATION = 0.97;
const MAX_VARIANCE_SHORTFALL = 0.7;

/**
 * Block length for the jackknife from the measured autocorrelation of observations in step order.
 *
 *   phi   = r_1 + (1 + 4 r_1)/K,      r_1 the autocorrelation at lag one
 *   Gamma = 2 phi/(1 - phi^2),        length = ceil(Gamma^(2/3) K^(1/3)), at most K/5
 *   variance factor = 1/(1 - Gamma (1 - phi^length)/length)
 *
 * One observation a block unless r_1 + 1/K exceeds 2.4/sqrt(K) at some scale of averaging (1, 3 or 9
 * observations); the longest length of any series and scale is taken. The factor is what the variance of
 * non-overlapping block means falls short of for a first-order autoregression.
 *
 * @param series - each one value an observation, in step order, equally long.
 * @returns length 1 with factor 1 for white noise, and for fewer than 8 observations.
 * @source derived here: a mean of blocks of an AR(1) has its variance short by Gamma (1 - phi^length)/length;
 * length rule after Carlstein 1986, The use of subseries values for estimating the variance; bias of r_1
 * after Marriott and Pope 1954; gate and scales checked by tests/numerics/noise/block-length.test.ts
 */
export function chooseBlockLength(series: readonly Float64Array[]): BlockLength {
  let chosen = WHITE;
  for (const raw of series) {
    const values = withoutTrend(raw);
    for (const scale of SCALES) {
      const length = lengthAtScale(values, scale);
      if (length.observations > chosen.observations) chosen = length;
    }
  }
  return chosen;
}

function lengthAtScale(values: Float64Array, scale: number): BlockLength {
  const averaged = averageRuns(values, scale);
  const count = averaged.length;
  if (count < (scale === 1 ? MIN_OBSERVATIONS : MIN_COARSE_OBSERVATIONS)) return WHITE;
  const correlation = lagOneAutocorrelation(averaged);
  if (correlation + 1 / count < SIGNIFICANCE_QUANTILE / Math.sqrt(count)) return WHITE;
  const phi = Math.min(MAX_CORRELATION, correlation + (1 + 4 * correlation) / count);
  const memory = (2 * phi) / (1 - phi * phi);
  const wanted = Math.ceil(memory ** (2 / 3) * count ** (1 / 3));
  const length = Math.max(2, Math.min(wanted, Math.max(1, Math.floor(count / MIN_BLOCKS))));
  const shortfall = (memory * (1 - phi ** length)) / length;
  return {
    observations: length * scale,
    varianceFactor: 1 / (1 - Math.min(MAX_VARIANCE_SHORTFALL, shortfall)),
  };
}

function averageRuns(values: Float64Array, scale: number): Float64Array {
  if (scale === 1) return values;
  const averaged = new Float64Array(Math.floor(values.length / scale));
  for (let i = 0; i < averaged.length; i++) {
    let sum = 0;
    for (let j = 0; j < scale; j++) sum += values[i * scale + j]!;
    averaged[i] = sum / scale;
  }
  return averaged;
}
