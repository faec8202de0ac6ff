/*
 * What a law is given when its authors publish no interval. Each number is an argument from scatter
 * between published laws, not a property of the law itself, and says so where it is used.
 */

/** Sd of ln of a batch law without a published interval. */
export const defaultBatchSdLog: number = 0.38;

/** Why {@link defaultBatchSdLog}: six laws, max/min 3.84, range of six normal draws 2.53 sd, half the variance. */
export const defaultBatchSdLogSource: string =
  "default: no interval published; half the variance between six B_opt laws at 1e9 parameters and 2e10 tokens";

/** Sd of ln of a learning-rate law without a published interval. */
export const defaultLearningRateSdLog: number = 0.4;

/** Why {@link defaultLearningRateSdLog}: five laws, max/min 3.59, range of five normal draws 2.33 sd, half the variance. */
export const defaultLearningRateSdLogSource: string =
  "default: no interval published; half the variance between five LR laws at 1e9 parameters and 2e10 tokens";

/** Sd of an exponent in D for which no interval is published. */
export const defaultTokenExponentSd: number = 0.05;

/** Why {@link defaultTokenExponentSd}. */
export const defaultTokenExponentSdSource: string =
  "default: no interval published; scatter of the D exponents of B_c in four studies (0.47, 0.462, 0.45, 0.38)";

/** Sd of a batch exponent in C for which no interval is published. */
export const defaultFlopsExponentSd: number = 0.025;

/** Why {@link defaultFlopsExponentSd}. */
export const defaultFlopsExponentSdSource: string =
  "default: no interval published; half the default of a D exponent, since C grows as D^2 on the compute-optimal line";

/** Sd of a learning-rate exponent, in any variable, for which no interval is published. */
export const defaultLearningRateExponentSd: number = 0.03;

/** Why {@link defaultLearningRateExponentSd}. */
export const defaultLearningRateExponentSdSource: string =
  "default: no interval published; bootstrap sd of the exponent in N in arXiv 2503.04715";

/** A factor of two either way as an 80 % interval. */
export const factorTwoSdLog: number = 0.54;

/** Why {@link factorTwoSdLog}. */
export const factorTwoSdLogSource: string =
  "default: no interval published; studies of the same quantity differ by up to a factor of two, taken as an 80 % interval";
