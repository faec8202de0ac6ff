import { describe, expect, it } from "vitest";
import type { LearningRateResult } from "../../api/probe/experiments/learning-rate.ts";
import { type EngineRequest, resolveProbe } from "../../api/probe/probe-spec.ts";
import { openProbe } from "../../api/probe/run-probe.ts";
import { fusedEngine } from "./fixtures.ts";

const REQUEST: EngineRequest = {
  experiment: "learning-rate",
  task: {
    kind: "teacher",
    inputFeatures: 8,
    classes: 3,
    trainExamples: 1000,
    validationExamples: 100,
    labelNoiseFraction: 0.05,
    covarianceExponent: 1,
  },
  model: { kind: "mlp", hiddenWidths: [8], activation: "tanh" },
  batchExamples: [16, 64],
};

const open = (over: Partial<EngineRequest>) => {
  const openQuadratic = () => {
    throw new Error("no quadratic here");
  };
  const probe = openProbe(
    { engine: fusedEngine(), openQuadratic },
    resolveProbe({ ...REQUEST, ...over }),
  );
  if (probe.status !== "ok") throw new Error(probe.reason);
  return probe;
};

function run(over: Partial<EngineRequest> = {}) {
  const cells: string[] = [];
  const work = open(over).run(({ id }) => cells.push(id));
  let next = work.next();
  while (!next.done) next = work.next();
  const { answer, flops } = next.value;
  if (answer.experiment !== "learning-rate") throw new Error("experiment");
  return { ...answer.result, flops, cells };
}

const ratesAt = ({ points }: LearningRateResult, batch: number) =>
  points.filter((one) => one.batchExamples === batch).map((one) => one.peakLearningRate);

describe("given rates", () => {
  it("are run at each batch and no others, in ascending order, each once", () => {
    const found = run({ peakLearningRates: [0.5, 0.1, 2.5, 0.1, 0.1000000001] });
    expect(ratesAt(found, 16).map((rate) => rate.toPrecision(6))).toEqual([
      ...["0.100000", "0.500000", "2.50000"],
    ]);
    expect(ratesAt(found, 64)).toEqual(ratesAt(found, 16));
    expect(found.cells).toHaveLength(6);
  });

  it("on the grid of the search give its optimum, from the same runs", () => {
    const searched = run();
    expect(searched.status).toBe("measured");
    expect(searched.reason).toBeUndefined();
    const [best] = searched.optima;
    const given = run({ batchExamples: [16], peakLearningRates: ratesAt(searched, 16) });
    expect(given.status).toBe("measured");
    expect(given.optima[0]!.peakLearningRate).toBeCloseTo(best!.peakLearningRate!, 9);
    expect(given.optima[0]!.loss).toBeCloseTo(best!.loss!, 9);
    expect(searched.cells).toEqual(expect.arrayContaining(given.cells));
  });

  it("at uneven distances give the vertex between the neighbours, near that of the search", () => {
    const [{ peakLearningRate: best } = {}] = run().optima;
    const given = run({ peakLearningRates: [best! / 3, best! / 1.2, best! * 1.9, best! * 4] });
    const found = given.optima[0]!.peakLearningRate!;
    expect(found / best!).toBeGreaterThan(1 / 1.9);
    expect(found / best!).toBeLessThan(1.9);
  });

  it("that do not lie around the best one are no optimum, and say so", () => {
    const given = run({ peakLearningRates: [0.001, 0.002, 0.004] });
    expect(given).toMatchObject({
      status: "lr-not-bracketed",
      reason: "the best learning rate is at the edge of those run at batch 16, 64",
    });
    expect(given.points.every(({ diverged }) => !diverged)).toBe(true);
    expect(given.needed).toBeUndefined();
    expect(run({ peakLearningRates: [0.5] }).status).toBe("lr-not-bracketed");
  });

  it("are planned and priced by their number, and refused outside of 1e-9 to 1e3", () => {
    const flops = (peakLearningRates: readonly number[]) =>
      open({ peakLearningRates }).plan.flops.expected;
    expect(flops([0.1, 0.2, 0.4, 0.8]) / flops([0.1])).toBeCloseTo(4, 12);
    const { plan } = open({ peakLearningRates: [0.1, 0.2, 0.4, 0.8] });
    expect(plan.stages).toEqual(["the given rates at each batch"]);
    const { flops: spent } = run({ peakLearningRates: [0.1, 0.2, 0.4, 0.8] });
    expect(spent.done / spent.expected).toBeGreaterThan(0.5);
    expect(spent.done / spent.expected).toBeLessThan(1.5);
    for (const rate of [0, -1, 2e3, Number.NaN]) {
      expect(() => open({ peakLearningRates: [rate] })).toThrow(/peakLearningRates/);
    }
  });
});

describe("a batch too large for its budget", () => {
  it.each([
    ["the search", {}],
    ["given rates", { peakLearningRates: [0.03, 0.1, 0.3, 1, 3] }],
  ])("%s: names a budget that has room for it", (_name, rates) => {
    const request = { ...rates, batchExamples: [16, 4096], budgetFlops: 3e6 };
    const refused = run(request);
    expect(refused.status).toBe("insufficient-measurements");
    expect(refused.reason).toMatch(/^the budget is too small for the runs at batch .*4096$/);
    const { budgetFlops } = refused.needed!;
    expect(budgetFlops).toBeGreaterThan(3e6);
    const afforded = run({ ...request, budgetFlops });
    expect(afforded.optima.map(({ status }) => status)).not.toContain("over-budget");
    expect(afforded.needed).toBeUndefined();
    expect(afforded.flops.done).toBeLessThanOrEqual(budgetFlops);
  });
});
