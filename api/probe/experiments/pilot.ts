import type { CellResult } from "../cell.ts";
import type { Experiment } from "./stage.ts";
import { type RateIndex, rateAt, type Sweep } from "./sweep.ts";

/** A tuned run of the pilot batch at its whole budget. */
export type Pilot =
  | { readonly status: "ok"; readonly rateIndex: RateIndex; readonly run: CellResult }
  | { readonly status: "lr-not-bracketed" | "over-budget" | "nothing-learned" };

const FIRST_INDICES: readonly RateIndex[] = [-6, -4, -2, 0, 2, 4, 6];
const MOST_EXTENSIONS = 6;

function byLoss(runs: ReadonlyMap<RateIndex, CellResult>): RateIndex[] {
  return [...runs.keys()].sort((a, b) => runs.get(a)!.finalLoss - runs.get(b)!.finalLoss || a - b);
}

/**
 * Tunes the learning rate of the pilot batch by successive halving: seven rates a factor 2 apart for a
 * quarter of the budget (more at an end while the best is the last one), the best three for half of it,
 * then the best and its sqrt(2) neighbours for all of it.
 *
 * @param pilotSteps - steps of the whole budget.
 */
export function* runPilot(sweep: Sweep, pilotSteps: number): Experiment<Pilot> {
  const batch = sweep.pilotBatchExamples;
  const run = function* (indices: readonly RateIndex[], steps: number) {
    const stop = { maxSteps: Math.max(1, Math.ceil(steps)), startLoss: sweep.startLoss };
    const cells = indices.map((index) => sweep.makeCell(batch, rateAt(sweep, index), 0, stop));
    const results: readonly CellResult[] = yield { name: "pilot", cells };
    return new Map(indices.map((index, i) => [index, results[i]!]));
  };
  const affordable = (count: number, steps: number): boolean =>
    sweep.budget.allows(count * sweep.costCeiling(batch, steps));
  if (!affordable(12, pilotSteps)) return { status: "over-budget" };
  const first: Map<RateIndex, CellResult> = yield* run(FIRST_INDICES, pilotSteps / 4);
  for (let extension = 0; ; extension += 1) {
    const best = byLoss(first)[0]!;
    const edge = [...first.keys()];
    const low = Math.min(...edge);
    const high = Math.max(...edge);
    if (best !== low && best !== high) break;
    if (extension === MOST_EXTENSIONS) return { status: "lr-not-bracketed" };
    const next = best === low ? low - 2 : high + 2;
    const more: Map<RateIndex, CellResult> = yield* run([next], pilotSteps / 4);
    first.set(next, more.get(next)!);
  }
  const second: Map<RateIndex, CellResult> = yield* run(byLoss(first).slice(0, 3), pilotSteps / 2);
  const kept = byLoss(second)[0]!;
  const last: Map<RateIndex, CellResult> = yield* run([kept - 1, kept, kept + 1], pilotSteps);
  const rateIndex = byLoss(last)[0]!;
  const best = last.get(rateIndex)!;
  if (!(best.bestLoss < sweep.startLoss * (1 - sweep.leastGainFraction)))
    return { status: "nothing-learned" };
  return { status: "ok", rateIndex, run: best };
}
