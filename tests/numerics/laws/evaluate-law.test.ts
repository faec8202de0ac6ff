import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findLaw, lawCatalogue } from "../../../api/numerics/laws/catalogue.ts";
import {
  completeInputs,
  evaluateLaw,
  evaluateOutput,
  evaluateQuantity,
  type LawEvaluation,
  missingInputs,
} from "../../../api/numerics/laws/evaluate-law.ts";
import type { Law, LawInputs } from "../../../api/numerics/laws/law.ts";

function law(lawId: string): Law {
  const found = findLaw(lawId);
  if (found === undefined) throw new Error(`no law ${lawId}`);
  return found;
}

const logUniform = (lower: number, upper: number): fc.Arbitrary<number> =>
  fc
    .double({ min: Math.log(lower), max: Math.log(upper), noNaN: true })
    .map((logValue) => Math.exp(logValue));

const anyInputs = fc.record(
  {
    nonEmbeddingParams: logUniform(1e3, 1e14),
    totalParams: logUniform(1e3, 1e14),
    trainingTokens: logUniform(1e3, 1e16),
    trainingFlops: logUniform(1e9, 1e30),
    lossNats: logUniform(0.1, 20),
    sequenceLengthTokens: logUniform(1, 1e6),
    batchTokens: logUniform(1, 1e12),
    peakLearningRate: logUniform(1e-8, 10),
    bNoiseTokens: logUniform(1, 1e12),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<LawInputs>;

function expectSound(entry: Law, evaluation: LawEvaluation): void {
  if (evaluation.status === "missing-inputs") {
    expect(evaluation.missing.length).toBeGreaterThan(0);
    return;
  }
  if (evaluation.status === "outside-law") {
    expect(evaluation.reason).toContain(entry.id);
    return;
  }
  for (const prediction of evaluation.predictions) {
    expect(prediction.value).toBeGreaterThan(0);
    expect(prediction.value).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(prediction.insideFit).toBe(prediction.extrapolationLog === 0);
    expect(prediction.refusalMarginLog).toBeGreaterThanOrEqual(0);
  }
}

describe("the catalogue", () => {
  it("is sorted by id, without doubles, and found by id", () => {
    const ids = lawCatalogue.map((entry) => entry.id);
    expect(ids).toEqual([...new Set(ids)].sort());
    for (const id of ids) expect(findLaw(id)?.id).toBe(id);
    expect(findLaw("chinchilla")).toBeUndefined();
  });

  it("gives laws fitted on the same runs one cluster", () => {
    const clusterOf = (id: string) => law(id).cluster;
    expect(clusterOf("schaipp2026")).toBe(clusterOf("li2025-step-law"));
    expect(clusterOf("critbatch-refit")).toBe(clusterOf("li2025-step-law"));
    expect(clusterOf("critbatch-joint")).toBe(clusterOf("li2025-step-law"));
    expect(clusterOf("olmo-ladder")).toBe(clusterOf("porian2024"));
    expect(clusterOf("hoffmann2022-approach3")).toBe(clusterOf("besiroglu2024"));
    // These five have a twin before them; every other law has data of its own.
    const clusters = new Set(lawCatalogue.map((entry) => entry.cluster));
    expect(clusters.size).toBe(lawCatalogue.length - 5);
  });

  it("cannot be changed", () => {
    for (const entry of lawCatalogue) {
      expect(Object.isFrozen(entry)).toBe(true);
      expect(Object.isFrozen(entry.outputs[0])).toBe(true);
      expect(Object.isFrozen(entry.fittedBox)).toBe(true);
    }
  });
});

describe("evaluateLaw", () => {
  it("answers positive finite numbers, an sd not below the fit's, or says why not, at any input", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        for (const entry of lawCatalogue) expectSound(entry, evaluateLaw(entry, inputs));
      }),
      { seed: 20, numRuns: 400 },
    );
  });

  it("never narrows as a query moves away from the fitted range", () => {
    fc.assert(
      fc.property(logUniform(1, 1e4), logUniform(1, 1e4), (first, second) => {
        for (const entry of lawCatalogue) {
          for (const formula of entry.outputs) {
            const [near, far] = [first, second].sort((a, b) => a - b);
            const at = (factor: number) =>
              evaluateOutput(
                entry,
                formula,
                Object.fromEntries(
                  formula.requires.map((v) => [v, (entry.fittedBox[v]?.upper ?? 1e5) * factor]),
                ),
              );
            const [nearby, distant] = [at(near!), at(far!)];
            if (nearby.status !== "ok" || distant.status !== "ok") continue;
            expect(distant.sdLog).toBeGreaterThanOrEqual(nearby.sdLog);
            expect(nearby.sdLog).toBeGreaterThanOrEqual(formula.sdLog);
            expect(distant.extrapolationLog).toBeGreaterThanOrEqual(nearby.extrapolationLog);
          }
        }
      }),
      { seed: 21, numRuns: 100 },
    );
  });

  it("adds the exponent's sd times the ln distance outside the fitted range, squared", () => {
    const trainingTokens = 1e11 * Math.exp(3);
    const prediction = evaluateQuantity(law("li2025-step-law"), "bOptTokens", { trainingTokens });
    expect(prediction).toMatchObject({ status: "ok", insideFit: false });
    if (prediction?.status !== "ok") return;
    expect(prediction.extrapolationLog).toBeCloseTo(3, 12);
    expect(prediction.sdLog).toBeCloseTo(Math.hypot(0.24, 0.02 * 3), 12);
  });

  it("refuses in a law's refusal range and names the variable", () => {
    const refusals = [
      ["liu2025-moonlight", { trainingFlops: 1.01e22 }, "trainingFlops"],
      ["schaipp2026", { trainingTokens: 1.9e9 }, "trainingTokens"],
      ["hu2024-minicpm", { lossNats: 1.2 }, "lossNats"],
    ] as const;
    for (const [id, inputs, variable] of refusals) {
      const evaluation = evaluateLaw(law(id), inputs);
      expect(evaluation.status).toBe("outside-law");
      if (evaluation.status === "outside-law")
        expect(evaluation.refused[0]?.variable).toBe(variable);
    }
  });

  it("refuses one formula and answers with the others of the law", () => {
    const evaluation = evaluateLaw(law("kaplan2020"), { nonEmbeddingParams: 1.1e10 });
    expect(evaluation.status).toBe("ok");
    if (evaluation.status !== "ok") return;
    expect(evaluation.predictions.map((p) => p.quantity)).toEqual(["lossNats"]);
    expect(evaluation.refused.map((refused) => refused.quantity)).toEqual(["peakLearningRate"]);
  });

  it("refuses where a formula has no positive value", () => {
    const tiny = evaluateQuantity(law("kaplan2020"), "stepsRatio", {
      nonEmbeddingParams: 1e8,
      trainingFlops: 8.64e19,
    });
    expect(tiny?.status).toBe("outside-law");
  });

  it("counts the ln distance to the refusal bound down to 0", () => {
    const margin = (trainingFlops: number) => {
      const prediction = evaluateQuantity(law("liu2025-moonlight"), "bOptTokens", {
        trainingFlops,
      });
      return prediction?.status === "ok" ? prediction.refusalMarginLog : undefined;
    };
    expect(margin(1e21)).toBeCloseTo(Math.LN10, 12);
    expect(margin(1e22)).toBe(0);
    expect(margin(1.0001e22)).toBeUndefined();
  });

  it("throws on a required input that is not a finite number above 0", () => {
    for (const trainingTokens of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => evaluateLaw(law("shuai2024"), { trainingTokens })).toThrow(RangeError);
    }
  });

  it("prefers the formula with tokens for a compute-optimal batch law", () => {
    const byParams = evaluateQuantity(law("porian2024"), "bOptTokens", { totalParams: 1e9 });
    const both = evaluateQuantity(law("porian2024"), "bOptTokens", {
      totalParams: 1e10,
      trainingTokens: 2e10,
    });
    expect(
      byParams?.status === "ok" && both?.status === "ok" && both.value / byParams.value,
    ).toBeCloseTo(1, 12);
  });
});

describe("monotone laws", () => {
  const rising = [
    ["li2025-step-law", "bOptTokens", "trainingTokens", 1],
    ["bi2024-deepseek", "peakLearningRate", "trainingFlops", -1],
    ["bjorck2024-horizon", "peakLearningRate", "trainingTokens", -1],
    ["li2025-step-law", "peakLearningRate", "trainingTokens", 1],
    ["zhang2024-cbs", "bCritTokens", "trainingTokens", 1],
    ["besiroglu2024", "lossNats", "trainingTokens", -1],
    ["kaplan2020", "lossNats", "batchTokens", 1],
    ["kaplan2020", "bCritTokens", "lossNats", -1],
  ] as const;
  it.each(rising)("%s: %s moves one way with %s (%i)", (id, quantity, variable, sign) => {
    fc.assert(
      fc.property(logUniform(1e9, 1e12), logUniform(1.01, 10), (x, factor) => {
        const scale = variable === "lossNats" ? 1e-9 : variable === "batchTokens" ? 1e-4 : 1;
        const base: LawInputs = {
          nonEmbeddingParams: 1e9,
          totalParams: 1e9,
          trainingTokens: 1e11,
          trainingFlops: 1e20,
        };
        const at = (value: number) =>
          evaluateQuantity(law(id), quantity, { ...base, [variable]: value * scale });
        const [low, high] = [at(x), at(x * factor)];
        if (low?.status !== "ok" || high?.status !== "ok") return;
        expect(Math.sign(high.value - low.value)).toBe(sign);
      }),
      { seed: 22, numRuns: 200 },
    );
  });
});

describe("missingInputs", () => {
  it("names what the closest formula lacks", () => {
    expect(missingInputs(law("hu2024-minicpm"), { trainingTokens: 1e9 })).toEqual(["lossNats"]);
    expect(missingInputs(law("bjorck2024-horizon"), { totalParams: 1e9 })).toEqual([
      "trainingTokens",
    ]);
    expect(missingInputs(law("surge2024"), { batchTokens: 1e5 })).toEqual([
      "bNoiseTokens",
      "peakLearningRate",
    ]);
    expect(missingInputs(law("shuai2024"), { trainingTokens: 1e9 })).toEqual([]);
  });
});

describe("completeInputs", () => {
  it("gives the third of parameters, tokens and FLOPs from the other two, and back", () => {
    fc.assert(
      fc.property(logUniform(1e3, 1e13), logUniform(1e3, 1e16), (totalParams, trainingTokens) => {
        const { trainingFlops } = completeInputs({ totalParams, trainingTokens });
        if (trainingFlops === undefined) throw new Error("no FLOPs");
        const tokens = completeInputs({ totalParams, trainingFlops }).trainingTokens;
        const params = completeInputs({ trainingTokens, trainingFlops }).totalParams;
        expect((tokens ?? 0) / trainingTokens).toBeCloseTo(1, 12);
        expect((params ?? 0) / totalParams).toBeCloseTo(1, 12);
      }),
      { seed: 23 },
    );
  });

  it("multiplies the parameters the law counts", () => {
    const known = { nonEmbeddingParams: 8.5e7, totalParams: 1.24e8, trainingTokens: 2.5e9 };
    expect(completeInputs(known).trainingFlops).toBeCloseTo(1.86e18, -6);
    expect(completeInputs(known, law("bi2024-deepseek")).trainingFlops).toBeCloseTo(1.275e18, -6);
    expect(completeInputs({ totalParams: 1e9 })).toEqual({ totalParams: 1e9 });
  });

  it("keeps FLOPs that were given", () => {
    const given = { nonEmbeddingParams: 1e9, trainingTokens: 1e10, trainingFlops: 1 };
    expect(completeInputs(given, law("bi2024-deepseek")).trainingFlops).toBe(1);
  });
});
