import type { MeasuredInterval } from "./measured-interval.ts";
import { measurePoint, measuring, type NoiseScalePoint } from "./noise-cell.ts";
import type { TunedBatch } from "./rate-search.ts";
import type { RatioEstimate } from "./ratio-interval.ts";
import type { Experiment } from "./stage.ts";
import { rateAt, type Sweep } from "./sweep.ts";

/** Gradient noise where the target is reached, and the critical batch over it. */
export type NoiseAtTarget = {
  readonly noiseAtTarget?: NoiseScalePoint & { readonly batchExamples: number };
  /** B_c / B_noise; absent where B_noise is unresolved. */
  readonly rho?: MeasuredInterval;
  /** B_c / B_simple; absent where B_simple is unresolved. */
  readonly rhoSimple?: MeasuredInterval;
};

// The noise grows along the run: that of its last quarter stands for the target.
const LAST_SHARE = 0.25;
const FEWEST_STEPS = 12;

/** The batch nearest B_c / 4 in ln that has per-example norms to compare and steps enough. */
function pickBatch(batches: readonly TunedBatch[], bCrit: number): TunedBatch | undefined {
  const away = ({ batchExamples }: TunedBatch) => Math.abs(Math.log((4 * batchExamples) / bCrit));
  const fit = batches.filter(
    ({ batchExamples, gridSteps }) => batchExamples >= 2 && gridSteps >= FEWEST_STEPS,
  );
  return fit.sort((a, b) => away(a) - away(b))[0];
}

/** B_c over a noise scale; half-widths in ln add in quadrature. */
function over(bCrit: MeasuredInterval, noise: RatioEstimate): MeasuredInterval | undefined {
  if (noise.status !== "ok") return undefined;
  const { value, interval } = bCrit;
  const below = Math.hypot(
    Math.log(value / interval.lower),
    Math.log(noise.interval.upper / noise.value),
  );
  const above = Math.hypot(
    Math.log(interval.upper / value),
    Math.log(noise.value / noise.interval.lower),
  );
  const rho = value / noise.value;
  return {
    value: rho,
    interval: { ...interval, lower: rho * Math.exp(-below), upper: rho * Math.exp(above) },
    basis: "measured",
  };
}

/**
 * Measures the gradient noise at the target loss, on one more run of the tuned batch nearest B_c / 4.
 *
 * @returns nothing where the task has no gradients, no batch is fit, or the budget does not allow it.
 * @source docs/method.md, Probes
 */
export function* noiseAtTarget(
  sweep: Sweep,
  batches: readonly TunedBatch[],
  bCrit: MeasuredInterval,
  level: number,
): Experiment<NoiseAtTarget> {
  const batch = pickBatch(batches, bCrit.value);
  if (batch === undefined || sweep.noiseCeiling === undefined) return {};
  const { batchExamples, gridSteps, rateIndex } = batch;
  const steps = Math.round(gridSteps);
  if (!sweep.budget.allows(sweep.noiseCeiling(batchExamples, steps, 1))) return {};
  const stop = { maxSteps: steps, startLoss: sweep.startLoss };
  const plain = sweep.makeCell(batchExamples, rateAt(sweep, rateIndex), 0, stop);
  const [run] = yield { name: "noise at the target", cells: [measuring(plain, [steps])] };
  if (run === undefined || run.records.length < steps) return {};
  const first = steps - Math.max(FEWEST_STEPS, Math.round(LAST_SHARE * steps));
  const records = run.records.slice(first);
  const point = measurePoint(records, first, batchExamples, run.curvature[0], level);
  const rho = over(bCrit, point.bNoiseExamples);
  const rhoSimple = over(bCrit, point.bSimpleExamples);
  return {
    noiseAtTarget: { batchExamples, ...point },
    ...(rho && { rho }),
    ...(rhoSimple && { rhoSimple }),
  };
}
