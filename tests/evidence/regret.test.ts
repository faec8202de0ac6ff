import { describe, expect, it } from "vitest";
import {
  judgeCell,
  type RecommendationRule,
  summarizeRegret,
} from "../../tools/evidence/regret.ts";
import {
  groupIntoCells,
  loadCells,
  parseSweep,
  type SweepCell,
  sweepPath,
} from "../../tools/evidence/sweep.ts";

const path = sweepPath();

// arXiv:2503.04715, abstract; fitted by its authors on these runs.
const stepLaw: RecommendationRule = (nonEmbeddingParams, trainingTokens) => ({
  batchTokens: 0.58 * trainingTokens ** 0.571,
  peakLearningRate: 1.79 * nonEmbeddingParams ** -0.713 * trainingTokens ** 0.307,
});

function bowl(optimum: { readonly batchTokens: number; readonly learningRate: number }): SweepCell {
  const runs = [];
  for (let i = -4; i <= 4; i++) {
    for (let j = -4; j <= 4; j++) {
      runs.push({
        nonEmbeddingParams: 1e8,
        trainingTokens: 1e10,
        batchTokens: optimum.batchTokens * 2 ** (i / 2),
        peakLearningRate: optimum.learningRate * 2 ** (j / 2),
        lossNats: 2.5 + 0.014 * (i * 0.5 * Math.LN2) ** 2 + 0.029 * (j * 0.5 * Math.LN2) ** 2,
      });
    }
  }
  return groupIntoCells(runs)[0]!;
}

describe("regret on the measured sweep", () => {
  it("prices Step Law at 0.0027 nats in the mean and 0.0056 at worst over the 12 cells", ({
    skip,
  }) => {
    if (path === undefined) return skip("CRITBATCH_DATA is not set: the measured sweep is absent");
    const judges = loadCells(path).map((cell) => judgeCell(cell));
    const summary = summarizeRegret(judges, () => stepLaw);
    expect(judges).toHaveLength(12);
    expect(summary.meanNats).toBeCloseTo(0.0027, 4);
    expect(summary.maxNats).toBeCloseTo(0.0056, 4);
  });
});

describe("the regret of a cell", () => {
  const cell = bowl({ batchTokens: 3e5, learningRate: 2e-3 });
  const judge = judgeCell(cell);

  it("is zero to a tenth of a millinat at the true optimum of a bowl", () => {
    expect(judge.regretNats({ batchTokens: 3e5, peakLearningRate: 2e-3 })).toBeLessThan(1e-4);
  });

  it("is the bowl's own excess away from the optimum, to half a millinat", () => {
    const regret = judge.regretNats({ batchTokens: 6e5, peakLearningRate: 1e-3 });
    expect(Math.abs(regret - (0.014 + 0.029) * Math.LN2 ** 2)).toBeLessThan(5e-4);
  });

  it("is that of the nearest point of the box when the recommendation lies outside", () => {
    const corner = judge.regretNats({ batchTokens: 1.2e6, peakLearningRate: 8e-3 });
    expect(judge.regretNats({ batchTokens: 1e9, peakLearningRate: 1 })).toBeCloseTo(corner, 12);
  });

  it("ignores runs that diverged", () => {
    const diverged = { ...cell.runs[0]!, batchTokens: 3e5, peakLearningRate: 2e-3, lossNats: 9 };
    const withDiverged = judgeCell({ ...cell, runs: [...cell.runs, diverged] });
    expect(withDiverged.best).toEqual(judge.best);
  });
});

describe("the sweep's reader", () => {
  it("turns sequences of 2048 into tokens and groups runs by parameters and tokens", () => {
    const csv =
      "non_embedding_params,training_tokens,batch_sequences,peak_learning_rate,steps,final_loss_nats\n" +
      "2e8,4e9,128,0.001,10,2.6\n1e8,4e9,64,0.002,10,2.7\n2e8,4e9,64,0.002,10,2.65\n";
    const cells = groupIntoCells(parseSweep(csv));
    expect(cells.map((cell) => [cell.id, cell.runs.length])).toEqual([
      ["100M/4.0B", 1],
      ["200M/4.0B", 2],
    ]);
    expect(cells[1]?.runs[0]?.batchTokens).toBe(262144);
  });

  it("refuses a table without the loss column", () => {
    expect(() => parseSweep("non_embedding_params,training_tokens\n1,1\n")).toThrow(RangeError);
  });
});
