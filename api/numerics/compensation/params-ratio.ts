import { requireInRange, requirePositive } from "../guards.ts";

/** Parameters that restore a loss, or the reason why no finite number does. */
export type ParamsRatio =
  | { readonly status: "ok"; readonly paramsRatio: number }
  | { readonly status: "beyond-wall" };

/**
 * Parameters that restore the loss at fixed tokens when the effective data shrink by 1 + x, N'/N.
 *
 *   N'/N = [1 - rho ((1 + x)^beta - 1)]^(-1/alpha)
 *
 * Assumes the additive loss law; N'/N >= (1 + x)^kappa with kappa = beta rho / alpha.
 *
 * @param rho - data term over parameter term before the loss; above 0.
 * @param alpha - parameter exponent; above 0.
 * @param beta - data exponent; above 0.
 * @param x - lost data: effective tokens before over after, minus 1; B/B_c counted from vanishing batch; at least 0.
 * @returns `ok` with N'/N >= 1; `beyond-wall` when the lost data cost more than the whole parameter term.
 * @throws {RangeError} when an argument is out of range.
 * @source derived from arXiv:2203.15556, eq. 2, and arXiv:1812.06162, eq. 2.11.
 * @example paramsRatioForLostData(0.34781 / 0.36585, 0.34781, 0.36585, 1) is 2.515.
 */
export function paramsRatioForLostData(
  rho: number,
  alpha: number,
  beta: number,
  x: number,
): ParamsRatio {
  requireExponents(rho, alpha, beta);
  requireInRange("x", x, 0, Number.MAX_VALUE);
  const spent = rho * Math.expm1(beta * Math.log1p(x));
  if (!(spent < 1)) return { status: "beyond-wall" };
  const paramsRatio = Math.exp(-Math.log1p(-spent) / alpha);
  return Number.isFinite(paramsRatio) ? { status: "ok", paramsRatio } : { status: "beyond-wall" };
}

/**
 * Lost data beyond which no finite number of parameters restores the loss, x_wall.
 *
 *   x_wall = (1 + 1/rho)^(1/beta) - 1
 *
 * @param rho - data term over parameter term; above 0.
 * @param beta - data exponent; above 0.
 * @returns x_wall above 0, or Infinity when it exceeds the range of a number.
 * @throws {RangeError} when an argument is not finite and above 0.
 * @source derived: the zero of 1 - rho ((1 + x)^beta - 1).
 * @example wallForLostData(0.34781 / 0.36585, 0.36585) is 6.132.
 */
export function wallForLostData(rho: number, beta: number): number {
  requireExponents(rho, 1, beta);
  return Math.expm1(Math.log1p(1 / rho) / beta);
}

function requireExponents(rho: number, alpha: number, beta: number): void {
  requirePositive("rho", rho);
  requirePositive("alpha", alpha);
  requirePositive("beta", beta);
}
