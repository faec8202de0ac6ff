/** A straight line through a series in order, with the error that the series' own correlation leaves it. */
export interface LinearTrend {
  readonly mean: number;
  /** From the first to the last value of the line. */
  readonly change: number;
  readonly standardErrors: number;
}

/**
 * Least-squares line through a series in order.
 *
 *   se^2 = residual variance / sum (k - mean k)^2 * (1 + r_1)/(1 - r_1),   r_1 of the residuals, not below 0
 *
 * @param values - in order, at least 3.
 * @returns mean, change over the series, and the change in units of its standard error.
 * @source derived here: (1 + r)/(1 - r) is the variance of a sum of a first-order autoregression over that of
 * as many independent values
 */
export function linearTrend(values: Float64Array): LinearTrend {
  const count = values.length;
  const middle = (count - 1) / 2;
  let mean = 0;
  for (let i = 0; i < count; i++) mean += values[i]!;
  mean /= count;
  let products = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    products += (i - middle) * (values[i]! - mean);
    squares += (i - middle) * (i - middle);
  }
  const slope = products / squares;
  const residuals = new Float64Array(count);
  let residualSquares = 0;
  for (let i = 0; i < count; i++) {
    const residual = values[i]! - mean - slope * (i - middle);
    residuals[i] = residual;
    residualSquares += residual * residual;
  }
  const correlation = Math.max(0, lagOneAutocorrelation(residuals));
  const inflation = (1 + correlation) / Math.max(1e-3, 1 - correlation);
  const standardError = Math.sqrt((residualSquares / (count - 2) / squares) * inflation);
  return {
    mean,
    change: slope * (count - 1),
    standardErrors: standardError > 0 ? slope / standardError : 0,
  };
}

const MIN_TREND_COUNT = 20;
/** Beyond this a trend is one of the run, not a swing of a stationary series. */
export const TREND_STANDARD_ERRORS = 6;
const TREND_DEGREE = 3;

/**
 * The series less its drift, where it has one: what is left shows how observations hang together.
 *
 * A drift is part of what is averaged, not an error of the average. Where a line is significant at 6
 * standard errors, the best cubic is taken off; other series come back as they are.
 *
 * @param values - in order.
 * @returns as many values.
 */
export function withoutTrend(values: Float64Array): Float64Array {
  if (values.length < MIN_TREND_COUNT) return values;
  if (Math.abs(linearTrend(values).standardErrors) <= TREND_STANDARD_ERRORS) return values;
  const left = values.slice();
  for (const polynomial of orthogonalPolynomials(values.length)) {
    let product = 0;
    for (let i = 0; i < left.length; i++) product += left[i]! * polynomial[i]!;
    for (let i = 0; i < left.length; i++) left[i]! -= product * polynomial[i]!;
  }
  return left;
}

/** Orthonormal on the grid, degrees 0 to 3; Gram-Schmidt on powers of the centred and scaled index. */
function orthogonalPolynomials(count: number): readonly Float64Array[] {
  const basis: Float64Array[] = [];
  for (let degree = 0; degree <= TREND_DEGREE; degree++) {
    const power = Float64Array.from(
      { length: count },
      (_, i) => ((2 * i) / (count - 1) - 1) ** degree,
    );
    for (const lower of basis) {
      let product = 0;
      for (let i = 0; i < count; i++) product += power[i]! * lower[i]!;
      for (let i = 0; i < count; i++) power[i]! -= product * lower[i]!;
    }
    const norm = Math.sqrt(power.reduce((sum, value) => sum + value * value, 0));
    basis.push(power.map((value) => value / norm));
  }
  return basis;
}

const ROUNDING = 1e-12;

/**
 * Autocorrelation at lag one, r_1.
 *
 *   r_1 = sum_k (x_k - mean)(x_(k+1) - mean) / sum_k (x_k - mean)^2
 *
 * @param values - in order, at least 2.
 * @returns in [-1, 1]; 0 for a constant series.
 */
export function lagOneAutocorrelation(values: Float64Array): number {
  const count = values.length;
  let mean = 0;
  for (let i = 0; i < count; i++) mean += values[i]!;
  mean /= count;
  let squares = 0;
  let products = 0;
  for (let i = 0; i < count; i++) {
    const deviation = values[i]! - mean;
    squares += deviation * deviation;
    if (i > 0) products += deviation * (values[i - 1]! - mean);
  }
  // What rounding leaves of a constant series is not its autocorrelation.
  return squares > count * (ROUNDING * mean) ** 2 ? products / squares : 0;
}
