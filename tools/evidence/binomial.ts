/** The counts of hits that an interval of the given level may show. */
export interface HitRange {
  readonly least: number;
  readonly most: number;
}

/**
 * Returns the counts of hits out of n that a two-sided test at 99 % does not hold against the level.
 *
 *   least: smallest k with P[X <= k] > 0.005,  most: largest k with P[X >= k] > 0.005,  X binomial(n, level)
 *
 * The test behind every count of covered intervals: twelve intervals of 80 % may show 6 to 12 hits.
 *
 * @param count - n; integer >= 1.
 * @param level - coverage the intervals claim, in (0, 1).
 */
export function binomialHitRange(count: number, level: number, confidence = 0.99): HitRange {
  const tail = (1 - confidence) / 2;
  const probabilities = binomialProbabilities(count, level);
  let least = 0;
  let below = probabilities[0] ?? 0;
  while (below <= tail && least < count) {
    least += 1;
    below += probabilities[least] ?? 0;
  }
  let most = count;
  let above = probabilities[count] ?? 0;
  while (above <= tail && most > 0) {
    most -= 1;
    above += probabilities[most] ?? 0;
  }
  return { least, most };
}

/** P[X = k] for k = 0..n, by logarithms: n may be thousands. */
function binomialProbabilities(count: number, level: number): readonly number[] {
  const probabilities: number[] = [];
  let logChoose = 0;
  for (let k = 0; k <= count; k++) {
    if (k > 0) logChoose += Math.log((count - k + 1) / k);
    probabilities.push(
      Math.exp(logChoose + k * Math.log(level) + (count - k) * Math.log1p(-level)),
    );
  }
  return probabilities;
}
