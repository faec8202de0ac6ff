/** How the best learning rate moves with the batch, fitted in ln rate and compared by AICc. */
export type RateRule = {
  readonly rule: "power" | "square-root" | "saturating" | "broken-power";
  /** Absent when there are too few batches for the rule's constants. */
  readonly aicc?: number;
  readonly rmsLogResidual: number;
  /** Fitted constants by name: exponent, batch at the knee (examples), rate at its plateau or at B = 1. */
  readonly constants: Readonly<Record<string, number>>;
};

type Shape = (batch: number, a: number, b: number) => number;

// ln of the relative rate; a = exponent, b = ln of the batch at the knee.
const SHAPES: Readonly<Record<RateRule["rule"], { shape: Shape; a: boolean; b: boolean }>> = {
  power: { shape: (batch, a) => a * Math.log(batch), a: true, b: false },
  "square-root": { shape: (batch) => 0.5 * Math.log(batch), a: false, b: false },
  saturating: { shape: (batch, _, b) => -Math.log(1 + Math.exp(b) / batch), a: false, b: true },
  "broken-power": {
    shape: (batch, a, b) => Math.min(0, a * (Math.log(batch) - b)),
    a: true,
    b: true,
  },
};

function residuals(
  shape: Shape,
  batches: readonly number[],
  logs: readonly number[],
  a: number,
  b: number,
) {
  const offsets = batches.map((batch, i) => logs[i]! - shape(batch, a, b));
  const mean = offsets.reduce((sum, value) => sum + value, 0) / offsets.length;
  const squares = offsets.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, squares };
}

function grid(from: number, to: number, count: number, use: boolean): number[] {
  if (!use) return [0];
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

/**
 * Fits four rules for the best rate over batches by least squares in ln rate, best AICc first.
 *
 *   AICc = n ln(RSS/n) + 2k + 2k(k+1)/(n-k-1),  k constants and the variance
 *
 * A rule with too many constants for the number of batches has no AICc and comes last.
 *
 * @param batches - at least two, ascending. @param rates - best rate at each.
 * @source docs/method.md, Probes (rules)
 */
export function compareRateRules(
  batches: readonly number[],
  rates: readonly number[],
): readonly RateRule[] {
  const logs = rates.map(Math.log);
  const n = batches.length;
  const low = Math.log(batches[0]!) - 2;
  const high = Math.log(batches[n - 1]!) + 2;
  const rules = (Object.keys(SHAPES) as RateRule["rule"][]).map((rule): RateRule => {
    const { shape, a: useA, b: useB } = SHAPES[rule];
    let best = { squares: Number.POSITIVE_INFINITY, mean: 0, a: 0, b: 0 };
    for (const a of grid(0, 1.2, 121, useA)) {
      for (const b of grid(low, high, 161, useB)) {
        const found = residuals(shape, batches, logs, a, b);
        if (found.squares < best.squares) best = { ...found, a, b };
      }
    }
    const k = 2 + Number(useA) + Number(useB);
    // The rates lie on a grid: nothing is known more closely than a quarter of its spacing.
    const floor = n * 0.05 ** 2;
    const variance = Math.max(best.squares, floor) / n;
    const small = n - k - 1;
    const aicc = n * Math.log(variance) + 2 * k + (2 * k * (k + 1)) / small;
    return {
      rule,
      ...(small > 0 ? { aicc } : {}),
      rmsLogResidual: Math.sqrt(best.squares / n),
      constants: {
        peakLearningRate: Math.exp(best.mean),
        ...(useA ? { exponent: best.a } : {}),
        ...(useB ? { kneeBatchExamples: Math.exp(best.b) } : {}),
      },
    };
  });
  const rank = (rule: RateRule): number => rule.aicc ?? Number.MAX_VALUE;
  return rules.sort((x, y) => rank(x) - rank(y) || x.rmsLogResidual - y.rmsLogResidual);
}
