import { besiroglu2024 } from "../../numerics/laws/besiroglu2024.ts";
import { evaluateQuantity } from "../../numerics/laws/evaluate-law.ts";
import type { LawQuantity } from "../../numerics/laws/law.ts";
import type { SettledNumber } from "../shared/settled-number.ts";

/** The compute-optimal model and run for a budget. */
export interface Allocation {
  readonly totalParams: SettledNumber;
  readonly trainingTokens: SettledNumber;
}

/**
 * Returns the compute-optimal parameters and tokens of a budget.
 *
 *   N = g (C/6)^a,   D = (C/6)^b / g
 *
 * @param trainingFlops - C; FLOP.
 * @source arXiv:2404.10102, Table 1, through arXiv:2203.15556, eq. (4)
 */
export function allocateCompute(trainingFlops: number): Allocation {
  return {
    totalParams: ask("totalParams", trainingFlops),
    trainingTokens: ask("trainingTokens", trainingFlops),
  };
}

/** The budget for which this many parameters are compute-optimal; FLOP. */
export function flopsForParams(totalParams: number): number {
  return invert("totalParams", totalParams);
}

/** The budget for which this many tokens are compute-optimal; FLOP. */
export function flopsForTokens(trainingTokens: number): number {
  return invert("trainingTokens", trainingTokens);
}

/** Both allocations are pure powers of C, so two points give the inverse exactly. */
function invert(quantity: LawQuantity, value: number): number {
  const low = Math.log(ask(quantity, 1e20).value);
  const slope = (Math.log(ask(quantity, 1e22).value) - low) / Math.log(100);
  return 1e20 * Math.exp((Math.log(value) - low) / slope);
}

function ask(quantity: LawQuantity, trainingFlops: number): SettledNumber {
  const answer = evaluateQuantity(besiroglu2024, quantity, { trainingFlops });
  if (answer?.status !== "ok") {
    throw new Error(`besiroglu2024 gives no ${quantity} at ${trainingFlops} FLOP`);
  }
  return { value: answer.value, sdLog: answer.sdLog };
}
