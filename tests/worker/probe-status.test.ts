import { describe, expect, it } from "vitest";
import { rows, start, TEACHER, TINY } from "./probe-requests.ts";

describe("what a probe cannot find is a status, with its reason", () => {
  const resultOf = async (body: unknown) => {
    const response = await start(body);
    const answer = (await response.json()) as {
      result: {
        status: string;
        reason?: string;
        needed?: { budgetFlops: number };
        points: { diverged?: boolean; peakLearningRate?: number }[];
      };
      flops: { done: number; ceiling: number };
    };
    expect(response.status, JSON.stringify(answer)).toBe(200);
    expect(answer.flops.done).toBeLessThanOrEqual(answer.flops.ceiling);
    return answer.result;
  };
  const quadratic = (task: object, over: object = {}) => ({
    experiment: "critical-batch",
    seeds: 1,
    task: { kind: "quadratic", dimensions: 8, ...task },
    ...over,
  });

  it("a target below what any run reaches", async () => {
    expect(await resultOf(quadratic({ targetLoss: 1e-9 }))).toMatchObject({
      status: "unreachable-target",
      points: [],
    });
  });

  it("labels that are noise: nothing is learned, and no critical batch is claimed", async () => {
    for (const seed of [1, 2, 3]) {
      const noise = { ...TINY, seed, task: { ...TEACHER, labelNoiseFraction: 1 } };
      expect(await resultOf(noise)).toMatchObject({
        status: "unreachable-target",
        reason: "nothing-learned",
      });
    }
  });

  it("a knee that the batches given do not pass", async () => {
    const { status, reason } = await resultOf(
      quadratic({ targetLoss: 0.3 }, { batchExamples: [64, 128, 256] }),
    );
    expect(status).toBe("not-bracketed");
    expect(reason).toContain("Set a lower target loss.");
  });

  it.each([
    ["critical-batch", "unreachable-target"],
    ["noise-scale", "insufficient-measurements"],
    ["learning-rate", "insufficient-measurements"],
  ])("%s within too small a budget", async (experiment, status) => {
    expect((await resultOf({ ...TINY, experiment, budgetFlops: 1e6 })).status).toBe(status);
  });

  it("a learning rate within too small a budget says which budget has room", async () => {
    const body = { ...TINY, experiment: "learning-rate", batchExamples: [8, 32] };
    const refused = await resultOf({ ...body, budgetFlops: 1e6 });
    expect(refused.reason).toContain("the budget is too small for the runs at batch 8, 32");
    const { budgetFlops = 0 } = refused.needed ?? {};
    expect((await resultOf({ ...body, budgetFlops })).needed).toBeUndefined();
  });

  it("given rates are run by learning-rate, and refused by the others", async () => {
    const body = { ...TINY, batchExamples: [16], peakLearningRates: [4, 0.03, 0.5] };
    const { points } = await resultOf({ ...body, experiment: "learning-rate" });
    expect(points.map(({ peakLearningRate }) => peakLearningRate)).toEqual([0.03, 0.5, 4]);
    for (const experiment of ["critical-batch", "noise-scale"]) {
      const response = await start({ ...body, experiment });
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({
        errors: [
          {
            pointer: "/peakLearningRates",
            code: "does-not-fit",
            message: `no peakLearningRates for experiment ${experiment}, which finds its own; they are for learning-rate`,
          },
        ],
      });
    }
    for (const peakLearningRates of [[], [0], [-0.1], Array(17).fill(0.1), ["0.1"]]) {
      const response = await start({ ...body, experiment: "learning-rate", peakLearningRates });
      expect(response.status).toBe(422);
    }
  });

  it("rates that blow up are marked, and the best one lies below them", async () => {
    const { status, points } = await resultOf({
      ...TINY,
      experiment: "learning-rate",
      batchExamples: [64],
      task: {
        kind: "table",
        target: "regression",
        csv: rows((i) => `${i % 13},${i % 7},${i % 13}`),
      },
    });
    expect(status).toBe("measured");
    expect(points.length).toBeGreaterThan(4);
  });
});
