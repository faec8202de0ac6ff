import type { Assumption } from "../../../schemas/common.ts";
import { roundForWire } from "./estimates.ts";

/**
 * The parameter count that was not given, as an assumption.
 *
 * @param field - the missing count, by its path in the request.
 * @param from - the count it follows from.
 * @source arXiv:2406.12907, section 3 (its constant is unverified)
 */
export function convertedCount(field: string, count: number, from: string): Assumption {
  return {
    field,
    value: roundForWire(count),
    detail:
      `Follows from ${from} by N_total = N_ne + 47491 N_ne^(1/3) (Pearce and Song 2024, unverified constant), ` +
      "for a usual width and vocabulary. Send the model's shape for the exact count.",
  };
}
