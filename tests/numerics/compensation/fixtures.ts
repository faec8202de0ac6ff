import {
  type CriticalBatchLaw,
  criticalBatchLawThrough,
} from "../../../api/numerics/compensation/effective-tokens.ts";
import type { AdditiveLossConstants } from "../../../api/numerics/laws/additive-loss.ts";
import { besiroglu2024Constants } from "../../../api/numerics/laws/besiroglu2024.ts";
import { hoffmann2022Constants } from "../../../api/numerics/laws/hoffmann2022-approach3.ts";

const LOSS_LAWS: Readonly<Record<string, AdditiveLossConstants>> = {
  besiroglu2024: besiroglu2024Constants,
  "hoffmann2022-approach3": hoffmann2022Constants,
};

export function lossLawNamed(id: string): AdditiveLossConstants {
  const law = LOSS_LAWS[id];
  if (law === undefined) throw new Error(`no loss law ${id}`);
  return law;
}

/** B_c(D) = 2048 * 0.0471 * D^0.462 of arXiv:2505.13738. */
export const POWER_LINES: CriticalBatchLaw = criticalBatchLawThrough(2048 * 0.0471, 1, 0.462);
