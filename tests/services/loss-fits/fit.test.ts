import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitOwnRuns } from "../../../api/services/loss-fits/fit.ts";
import {
  givenLossFit,
  type IdentifiedLossFit,
  LOSS_FIT_EXAMPLE,
  lossFitAnswer,
  lossFitRequest,
} from "../../../schemas/loss-fits/loss-fit.ts";
import {
  SIZES_AND_TOKENS,
  simulateRuns,
  TRUTH,
  trueBCritTokens,
  WITH_BATCHES,
} from "../../numerics/fitting/simulated-runs.ts";
import { noticeNames } from "../notice-names.ts";

const runsOf = (...of: Parameters<typeof simulateRuns>) =>
  simulateRuns(...of).map(({ params, ...run }) => ({ nonEmbeddingParams: params, ...run }));
const ask = (body: object) => fitOwnRuns(lossFitRequest.parse(body));

function identified(body: object): IdentifiedLossFit {
  const answer = ask(body);
  if (answer.status !== "identified") throw new Error(JSON.stringify(answer));
  return answer;
}

describe("the form auto", () => {
  it("takes a batch term where batches vary", () => {
    const fit = identified({ runs: runsOf(WITH_BATCHES, 1), intervalLevel: 0.95 });
    expect(fit.form).toBe("n-d-b");
    const { bCritTokens, bCritAtTokens, bCritExponent } = fit.constants;
    const truth = trueBCritTokens(bCritAtTokens ?? 0);
    expect(bCritTokens?.interval.lower).toBeLessThan(truth);
    expect(bCritTokens?.interval.upper).toBeGreaterThan(truth);
    expect(bCritExponent?.basis).toBe("measured");
    expect(fit.fittedRange.batchTokens).toEqual({ lower: 1e5, upper: 8e6 });
  });

  it("leaves the batch term out where one batch was used throughout, and says so", () => {
    const runs = runsOf(SIZES_AND_TOKENS, 1).map((run) => ({ ...run, batchTokens: 1e6 }));
    const fit = identified({ runs });
    expect(fit.form).toBe("n-d");
    expect(noticeNames(fit)).toContain("batch-term-left-out");
  });

  it("asks for nothing of batches where none are given", () => {
    const fit = identified({ runs: runsOf(SIZES_AND_TOKENS, 1) });
    expect(noticeNames(fit)).toEqual([]);
    expect(fit.constants.bCritTokens).toBeUndefined();
    expect(fit.covariance.matrix.length).toBe(5);
  });
});

describe("the form n-d", () => {
  it("says when it leaves out batches that vary", () => {
    expect(noticeNames(ask({ runs: runsOf(WITH_BATCHES, 1), form: "n-d" }))).toContain(
      "batches-left-out",
    );
    expect(noticeNames(ask({ runs: runsOf(SIZES_AND_TOKENS, 1), form: "n-d" }))).toEqual([]);
  });
});

describe("runs of a request", () => {
  it("that differ in the learning rate alone count at the best one", () => {
    const tuned = runsOf(SIZES_AND_TOKENS, 2).map((run) => ({ ...run, peakLearningRate: 1e-3 }));
    const worse = tuned.map((run) => ({
      ...run,
      peakLearningRate: 3e-3,
      lossNats: run.lossNats * 1.02,
    }));
    const both = identified({ runs: tuned.flatMap((run, i) => [worse[i], run]) });
    const alone = identified({ runs: tuned });
    expect(both.constants).toEqual(alone.constants);
    expect(both.runsUsed).toBe(20);
    expect(both.residuals.runs.map(({ run }) => run)).toEqual(
      tuned.map((_, place) => 2 * place + 1),
    );
    expect(noticeNames(both)).toContain("best-learning-rates-kept");
  });

  it("keep their count of parameters where it is one, and are converted where it is not", () => {
    const runs = runsOf(SIZES_AND_TOKENS, 3);
    const total = runs.map(({ nonEmbeddingParams, ...run }) => ({
      ...run,
      totalParams: nonEmbeddingParams,
    }));
    expect(identified({ runs: total }).paramsCounted).toBe("total");
    expect(identified({ runs: total }).constants).toEqual(identified({ runs }).constants);
    const mixed = ask({ runs: [...runs.slice(1), total[0]] });
    expect(mixed.paramsCounted).toBe("non-embedding");
    expect(noticeNames(mixed)).toContain("nonEmbeddingParams");
  });

  it("that lie far off the fit are named by their place", () => {
    const runs = runsOf(SIZES_AND_TOKENS, 4);
    runs[7]!.lossNats *= 1.3;
    const { warnings } = identified({ runs });
    expect(warnings.find(({ code }) => code === "outlying-runs")?.detail).toMatch(/position: 7\.$/);
  });
});

describe("an identified fit", () => {
  const fit = identified({ runs: runsOf(WITH_BATCHES, 5) });

  it("has residuals that are those of its own constants", () => {
    const { constants: c, residuals } = fit;
    const bCritAt = (tokens: number) =>
      c.bCritTokens!.value * (tokens / c.bCritAtTokens!) ** c.bCritExponent!.value;
    runsOf(WITH_BATCHES, 5).forEach((run, i) => {
      const effective = run.trainingTokens / (1 + run.batchTokens! / bCritAt(run.trainingTokens));
      const loss =
        c.irreducibleLossNats.value +
        c.paramCoefficient.value / run.nonEmbeddingParams ** c.paramExponent.value +
        c.dataCoefficient.value / effective ** c.dataExponent.value;
      expect(residuals.runs[i]?.fittedLossNats).toBeCloseTo(loss, 3);
      expect(residuals.runs[i]?.residualLog).toBeCloseTo(Math.log(run.lossNats / loss), 3);
    });
  });

  it("has a covariance with the variances of the intervals, symmetric", () => {
    const { names, matrix } = fit.covariance;
    expect(matrix.length).toBe(names.length);
    for (let i = 0; i < names.length; i++) {
      expect(matrix[i]![i]).toBeGreaterThan(0);
      for (let j = 0; j < i; j++) expect(matrix[i]![j]).toBe(matrix[j]![i]);
    }
    const { value, interval } = fit.constants.dataExponent;
    const sd = (interval.upper! - interval.lower!) / 2 / 1.29;
    const at = names.indexOf("dataExponent");
    expect(Math.sqrt(matrix[at]![at]!) / sd).toBeGreaterThan(0.8);
    expect(Math.sqrt(matrix[at]![at]!) / sd).toBeLessThan(1.25);
    expect(value).toBeCloseTo(TRUTH.dataExponent, 1);
  });

  it("has wider intervals at a higher level, around the same values", () => {
    const wide = identified({ runs: runsOf(WITH_BATCHES, 5), intervalLevel: 0.99 });
    for (const name of ["irreducibleLossNats", "paramExponent", "dataCoefficient"] as const) {
      expect(wide.constants[name].value).toBe(fit.constants[name].value);
      expect(wide.constants[name].interval.upper).toBeGreaterThan(
        fit.constants[name].interval.upper!,
      );
      expect(wide.constants[name].interval.lower).toBeLessThan(fit.constants[name].interval.lower!);
    }
  });

  it("is the same bytes again, as documented, and may be handed to other calls", () => {
    const again = identified({ runs: runsOf(WITH_BATCHES, 5) });
    expect(JSON.stringify(again)).toBe(JSON.stringify(fit));
    expect(lossFitAnswer.parse(JSON.parse(JSON.stringify(fit)))).toEqual(fit);
    expect(givenLossFit.safeParse(JSON.parse(JSON.stringify(fit))).success).toBe(true);
  });
});

describe("a request", () => {
  const run = LOSS_FIT_EXAMPLE.runs[0];
  it.each([
    ["no runs", { runs: [] }],
    ["2,001 runs", { runs: new Array(2001).fill(run) }],
    ["a run with both counts", { runs: [{ ...run, totalParams: 1e9 }] }],
    ["a run without a count", { runs: [{ trainingTokens: 1e9, lossNats: 3 }] }],
    ["a loss of 0", { runs: [{ ...run, lossNats: 0 }] }],
    ["a negative batch", { runs: [{ ...run, batchTokens: -1 }] }],
    ["an unknown field", { runs: [{ ...run, seed: 1 }] }],
    ["an unknown form", { runs: [run], form: "n" }],
  ])("with %s is refused", (_name, body) => {
    expect(lossFitRequest.safeParse(body).success).toBe(false);
  });

  it("of 2,000 runs is answered within the bounds of the schema", () => {
    const runs = Array.from({ length: 100 }, (_, seed) => runsOf(SIZES_AND_TOKENS, seed)).flat();
    expect(identified({ runs }).bootstrapReplicates).toBe(100);
  });

  it("of any runs is answered as documented", () => {
    const positive = (lower: number, upper: number) =>
      fc.double({ min: Math.log(lower), max: Math.log(upper), noNaN: true }).map(Math.exp);
    const anyRun = fc.record({
      nonEmbeddingParams: positive(1.001e3, 0.999e15),
      trainingTokens: positive(1.001e3, 0.999e17),
      batchTokens: positive(1.001, 0.999e12),
      lossNats: positive(1.001e-6, 999),
    });
    fc.assert(
      fc.property(fc.array(anyRun, { minLength: 1, maxLength: 20 }), (runs) => {
        const answer = JSON.parse(JSON.stringify(ask({ runs })));
        expect(lossFitAnswer.safeParse(answer).success).toBe(true);
      }),
      { seed: 20261104, numRuns: 100 },
    );
  });
});
