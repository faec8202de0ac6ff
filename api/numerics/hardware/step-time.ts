import { requireInRange, requirePositive } from "../guards.ts";

/** FLOPs of one parameter and one token: forward 2, backward 4. */
const FLOPS_PER_PARAM_TOKEN = 6;

/**
 * Tokens per second of a cluster that is limited by arithmetic.
 *
 *   thr = devices F / (6 N)
 *
 * Attention over the context is left out: a few percent to 20 % of the FLOPs at long contexts.
 *
 * @param devices - count; at least 1.
 * @param flopPerSecondPerDevice - F; training throughput reached, not the data-sheet peak; FLOP/s; above 0.
 * @param params - N; parameters used for one token; above 0.
 * @returns tokens per second.
 * @throws {RangeError} when an argument is not finite and above 0.
 * @source arXiv:2001.08361, section 2.1 (C = 6 N D).
 */
export function throughputTokensPerSecond(
  devices: number,
  flopPerSecondPerDevice: number,
  params: number,
): number {
  requirePositive("devices", devices);
  requirePositive("flopPerSecondPerDevice", flopPerSecondPerDevice);
  requirePositive("params", params);
  return (devices * flopPerSecondPerDevice) / (FLOPS_PER_PARAM_TOKEN * params);
}

/**
 * Batch at which the fixed time of a step equals its time of arithmetic, B_knee.
 *
 *   B_knee = t0 thr
 *
 * @param stepOverheadSeconds - t0; time of a step that does not grow with the batch; at least 0.
 * @param tokensPerSecond - thr; above 0.
 * @returns tokens per step; 0 when there is no fixed time.
 * @throws {RangeError} when an argument is out of range.
 * @source derived: t(B) = t0 + B/thr.
 */
export function kneeBatchTokens(stepOverheadSeconds: number, tokensPerSecond: number): number {
  requireInRange("stepOverheadSeconds", stepOverheadSeconds, 0, Number.MAX_VALUE);
  requirePositive("tokensPerSecond", tokensPerSecond);
  return stepOverheadSeconds * tokensPerSecond;
}

/**
 * Batch with the shortest run to a fixed loss, B_time.
 *
 *   B_time = sqrt(B_c B_knee),  the minimum of S_min (1 + B_c/B) (t0 + B/thr)
 *
 * @param bCritTokens - B_c; tokens; above 0.
 * @param bKneeTokens - B_knee; tokens; at least 0.
 * @returns tokens per step; 0 when there is no fixed time: the smallest batch is then the fastest per token.
 * @throws {RangeError} when an argument is out of range.
 * @source derived from arXiv:1812.06162, eq. 2.11, and t(B) = t0 + B/thr.
 * @example timeOptimalBatchTokens(1e6, 6e5) is 7.746e5.
 */
export function timeOptimalBatchTokens(bCritTokens: number, bKneeTokens: number): number {
  requirePositive("bCritTokens", bCritTokens);
  requireInRange("bKneeTokens", bKneeTokens, 0, Number.MAX_VALUE);
  return Math.sqrt(bCritTokens) * Math.sqrt(bKneeTokens);
}

/**
 * Time of one optimizer step, t(B).
 *
 *   t = t0 + B / thr
 *
 * @returns seconds.
 * @throws {RangeError} when an argument is out of range.
 * @source derived: fixed time plus arithmetic at constant throughput.
 */
export function stepSeconds(
  batchTokens: number,
  stepOverheadSeconds: number,
  tokensPerSecond: number,
): number {
  requirePositive("batchTokens", batchTokens);
  requireInRange("stepOverheadSeconds", stepOverheadSeconds, 0, Number.MAX_VALUE);
  requirePositive("tokensPerSecond", tokensPerSecond);
  return stepOverheadSeconds + batchTokens / tokensPerSecond;
}

/**
 * Steps to a fixed loss over the fewest possible, S/S_min.
 *
 *   S/S_min = 1 + B_c/B
 *
 * @returns a ratio above 1.
 * @throws {RangeError} when an argument is not finite and above 0.
 * @source arXiv:1812.06162, eq. 2.11.
 */
export function stepsOverMinimum(batchTokens: number, bCritTokens: number): number {
  return (
    1 + requirePositive("bCritTokens", bCritTokens) / requirePositive("batchTokens", batchTokens)
  );
}

/**
 * Tokens to a fixed loss over the fewest possible, E/E_min.
 *
 *   E/E_min = 1 + B/B_c
 *
 * @returns a ratio above 1.
 * @throws {RangeError} when an argument is not finite and above 0.
 * @source arXiv:1812.06162, eq. 2.11.
 */
export function tokensOverMinimum(batchTokens: number, bCritTokens: number): number {
  return (
    1 + requirePositive("batchTokens", batchTokens) / requirePositive("bCritTokens", bCritTokens)
  );
}
