import { describe, expect, it } from "vitest";
import type { TradeoffCurve } from "../../../schemas/tradeoff-reports/parts.ts";
import { CLUSTER, numberOf, PAIR, reported, rowOf } from "./requests.ts";

const answer = reported({ ...PAIR, hardware: CLUSTER });
const curves = Object.entries(answer.curves).flatMap(([name, curve]) =>
  curve === undefined ? [] : [[name, curve] as const],
);

const markOf = ({ marks }: TradeoffCurve, id: string) => marks.find((mark) => mark.id === id)?.x;

/** Place of the lowest point. */
const lowestAt = ({ x, y }: TradeoffCurve) => x[y.indexOf(Math.min(...y))] ?? Number.NaN;

describe("the curves", () => {
  it("are four with machines and three without", () => {
    expect(curves).toHaveLength(4);
    expect(Object.keys(reported(PAIR).curves)).not.toContain("timeVsBatch");
  });

  it.each(curves)("%s has 41 finite points in growing order inside their band", (_, curve) => {
    expect(curve.x).toHaveLength(41);
    for (const [i, y] of curve.y.entries()) {
      expect(Number.isFinite(y)).toBe(true);
      expect(curve.lower[i] ?? 0).toBeLessThanOrEqual(y);
      expect(curve.upper[i] ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(y);
      if (i > 0) expect(curve.x[i]).toBeGreaterThan(curve.x[i - 1] ?? 0);
    }
  });

  it.each(curves)("%s names both batches, the optimal and the critical one", (_, curve) => {
    const ids = curve.marks.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["small", "large", "optimal", "critical"]));
    expect(curve.marks.map(({ x }) => x)).toEqual(
      curve.marks.map(({ x }) => x).toSorted((a, b) => a - b),
    );
  });

  it("reach from a sixteenth of the optimal batch to eight critical ones", () => {
    const { bOptTokens, bCritTokens } = answer.criticalBatch;
    const { x } = answer.curves.lossVsBatch;
    expect((x[0] ?? 0) / (bOptTokens.value / 16)).toBeCloseTo(1, 4);
    expect((x[40] ?? 0) / (8 * bCritTokens.value)).toBeCloseTo(1, 4);
  });

  it("reach on to a batch beyond", () => {
    const { x } = reported({ smallBatchTokens: 2048, largeBatchTokens: 2 ** 28 }).curves
      .lossVsBatch;
    expect([x[0], x[40]]).toEqual([2048, 2 ** 28]);
  });
});

describe("loss over batch", () => {
  it("is lowest at the optimal batch", () => {
    const curve = answer.curves.lossVsBatch;
    const off = Math.log(lowestAt(curve) / (markOf(curve, "optimal") ?? Number.NaN));
    expect(Math.abs(off)).toBeLessThan(Math.log((curve.x[1] ?? 1) / (curve.x[0] ?? 1)));
  });

  it("at its end is the loss of the table", () => {
    const { curves: own, rows } = reported({ smallBatchTokens: 2048, largeBatchTokens: 2 ** 28 });
    const row = rowOf({ rows }, "final-loss");
    expect(own.lossVsBatch.y[0]).toBeCloseTo(numberOf(row.small).value, 4);
    expect(own.lossVsBatch.y[40]).toBeCloseTo(numberOf(row.large).value, 4);
  });
});

describe("steps over tokens", () => {
  it("is a hyperbola: (S/S_min - 1)(E/E_min - 1) = 1 at every point", () => {
    const { x, y } = answer.curves.stepsVsTokens;
    const bCrit = answer.criticalBatch.bCritTokens.value;
    const fewestTokens = 2e10 / (1 + PAIR.smallBatchTokens / bCrit);
    const fewestSteps = fewestTokens / bCrit;
    for (const [i, tokens] of x.entries()) {
      const product = ((y[i] ?? 0) / fewestSteps - 1) * (tokens / fewestTokens - 1);
      // E/E_min - 1 is small at small batches: six digits of E leave fewer of it.
      expect(Math.abs(product - 1)).toBeLessThan(5e-3);
    }
  });

  it("passes through the run of the small batch", () => {
    expect(markOf(answer.curves.stepsVsTokens, "small")).toBeCloseTo(2e10, -5);
  });
});

describe("time over batch", () => {
  it("is lowest at the root of critical batch times knee", () => {
    const curve = answer.curves.timeVsBatch;
    if (curve === undefined) throw new Error("no machines");
    const bKneeTokens = (0.12 * 64 * 4e14) / (6 * 1.0475e9);
    const fastest = Math.sqrt(answer.criticalBatch.bCritTokens.value * bKneeTokens);
    const step = (curve.x[1] ?? 1) / (curve.x[0] ?? 1);
    expect(Math.abs(Math.log(lowestAt(curve) / fastest))).toBeLessThan(Math.log(step));
    expect((markOf(curve, "fastest") ?? 0) / fastest).toBeCloseTo(1, 3);
  });
});

describe("learning rate over batch", () => {
  it("never falls with the batch", () => {
    const { y } = answer.curves.learningRateVsBatch;
    for (let i = 1; i < y.length; i++) expect(y[i]).toBeGreaterThanOrEqual(y[i - 1] ?? 0);
  });

  it("is unbounded where no law knows it", () => {
    const { lower, upper } = reported({ ...PAIR, optimizer: { kind: "sgd" } }).curves
      .learningRateVsBatch;
    expect(new Set([...lower, ...upper])).toEqual(new Set([null]));
  });
});
