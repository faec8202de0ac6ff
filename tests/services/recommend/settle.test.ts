import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settlePlan } from "../../../api/services/recommend/settle.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { noticeNames } from "../notice-names.ts";
import { logUniform, recommended, refusals } from "./requests.ts";

const settle = (request: RecommendationRequest) => settlePlan(request);

describe("the size of a run", () => {
  it("given as parameters and tokens stays as given", () => {
    const plan = settle({ model: { nonEmbeddingParams: 1e9 }, data: { trainingTokens: 2e10 } });
    expect(plan).toMatchObject({ modelBasis: "given", tokensBasis: "given" });
    expect(plan.model.nonEmbeddingParams).toEqual({ value: 1e9, sdLog: 0 });
    expect(plan.tokens).toEqual({ value: 2e10, sdLog: 0 });
  });

  it("follows from FLOPs and one of the two by C = 6 N D", () => {
    fc.assert(
      fc.property(logUniform(1e18, 1e22), logUniform(1e7, 1e12), (trainingFlops, n) => {
        const model = settle({ compute: { trainingFlops }, model: { totalParams: n } });
        expect(model.tokensBasis).toBe("from-compute-and-parameters");
        expect((6 * n * model.tokens.value) / trainingFlops).toBeCloseTo(1, 9);
        const d = trainingFlops / (6 * n);
        const data = settle({ compute: { trainingFlops }, data: { trainingTokens: d } });
        expect(data.modelBasis).toBe("from-compute-and-tokens");
        expect(data.model.totalParams.value / n).toBeCloseTo(1, 9);
      }),
      { seed: 51 },
    );
  });

  it("from FLOPs alone is compute-optimal and spends them", () => {
    const plan = settle({ compute: { trainingFlops: 1e21 } });
    expect(plan).toMatchObject({ modelBasis: "compute-optimal", tokensBasis: "compute-optimal" });
    expect((6 * plan.model.totalParams.value * plan.tokens.value) / 1e21).toBeCloseTo(1, 9);
    expect(noticeNames(plan)).toContain("model.nonEmbeddingParams");
  });

  it("from parameters or tokens alone lies on the same compute-optimal line", () => {
    fc.assert(
      fc.property(logUniform(1e18, 1e26), (trainingFlops) => {
        const both = settle({ compute: { trainingFlops } });
        const n = settle({ model: { totalParams: both.model.totalParams.value } });
        const d = settle({ data: { trainingTokens: both.tokens.value } });
        expect(n.tokens.value / both.tokens.value).toBeCloseTo(1, 6);
        expect(d.model.totalParams.value / both.model.totalParams.value).toBeCloseTo(1, 6);
        expect(noticeNames(n)).toContain("data.trainingTokens");
        expect(noticeNames(d)).toContain("model.nonEmbeddingParams");
      }),
      { seed: 52, numRuns: 50 },
    );
  });

  it("given three times over takes parameters and tokens, and warns where the FLOPs differ", () => {
    const at = (trainingFlops: number) =>
      settle({
        model: { totalParams: 1e9 },
        data: { trainingTokens: 2e10 },
        compute: { trainingFlops },
      });
    expect(noticeNames(at(1.2e20))).not.toContain("flops-disagree");
    expect(noticeNames(at(1.2e21))).toContain("flops-disagree");
    expect(noticeNames(at(1.2e19))).toContain("flops-disagree");
    expect(at(1.2e21).tokens.value).toBe(2e10);
  });

  it("with nothing given is refused at the whole body", () => {
    expect(refusals({})).toEqual([" missing-size"]);
    expect(refusals({ data: { sequenceLengthTokens: 512 }, compute: {} })).toEqual([
      " missing-size",
    ]);
  });

  it("that no run in range can have is refused where the number came from", () => {
    const model = { nonEmbeddingParams: 1e15 };
    expect(refusals({ model, compute: { trainingFlops: 1e6 } })).toEqual([
      "/compute/trainingFlops out-of-range",
    ]);
    expect(refusals({ data: { trainingTokens: 1e17 }, compute: { trainingFlops: 1e6 } })).toEqual([
      "/compute/trainingFlops out-of-range",
    ]);
    const shape = { layers: 1e5, dModel: 1e7, dFfn: 1e8, heads: 8, vocabularySize: 1e5 };
    expect(refusals({ model: { shape } })).toEqual(["/model out-of-range"]);
    expect(refusals({ model: { shape }, data: { trainingTokens: 1e17 } })).toEqual([]);
  });

  it("assumes sequences of 2048 tokens only where none were given", () => {
    const model = { nonEmbeddingParams: 1e9 };
    expect(settle({ model }).sequenceLengthTokens).toBe(2048);
    expect(noticeNames(settle({ model }))).toContain("data.sequenceLengthTokens");
    const given = settle({ model, data: { sequenceLengthTokens: 8192 } });
    expect(given.sequenceLengthTokens).toBe(8192);
    expect(noticeNames(given)).not.toContain("data.sequenceLengthTokens");
  });
});

describe("the size in the answer", () => {
  it("is `given` only where the request says it, with an interval of no width", () => {
    const { parameters, data } = recommended({
      model: { nonEmbeddingParams: 1e9 },
      compute: { trainingFlops: 1.2e20 },
    });
    expect(parameters.nonEmbeddingParams).toMatchObject({
      value: 1e9,
      basis: "given",
      interval: { lower: 1e9, upper: 1e9 },
    });
    expect(parameters.totalParams.basis).toBe("derived");
    expect(parameters.totalParams.interval.lower).toBeLessThan(parameters.totalParams.value);
    expect(data.trainingTokens.basis).toBe("derived");
    expect(data.basis).toBe("from-compute-and-parameters");
  });

  it("from a law carries the law's interval", () => {
    const { parameters, data } = recommended({ compute: { trainingFlops: 1e21 } });
    for (const estimate of [
      parameters.totalParams,
      parameters.nonEmbeddingParams,
      data.trainingTokens,
    ]) {
      expect(estimate.basis).toBe("law");
      expect(estimate.interval.lower).toBeLessThan(estimate.value);
      expect(estimate.interval.upper).toBeGreaterThan(estimate.value);
    }
  });

  it("never lets a part exceed the whole", () => {
    fc.assert(
      fc.property(
        logUniform(1e3, 1e13),
        fc.double({ min: 0.5, max: 0.99, noNaN: true }),
        (totalParams, intervalLevel) => {
          const { parameters } = recommended({ model: { totalParams }, intervalLevel });
          const { nonEmbeddingParams } = parameters;
          expect(nonEmbeddingParams.value).toBeLessThanOrEqual(totalParams);
          expect(nonEmbeddingParams.interval.upper).toBeLessThanOrEqual(totalParams);
        },
      ),
      { seed: 53 },
    );
  });
});

describe("a batch of more tokens than the run", () => {
  const ask = (batchTokens: { fixed?: number; min?: number }, trainingTokens = 1e6) =>
    refusals({
      model: { nonEmbeddingParams: 1e9 },
      data: { trainingTokens, sequenceLengthTokens: 2048 },
      constraints: { batchTokens },
    });

  it("is refused where constraints ask for it, for a run has at least one step", () => {
    expect(ask({ fixed: 1e6 + 1 })).toEqual(["/constraints/batchTokens/fixed out-of-range"]);
    expect(ask({ min: 1e6 + 1 })).toEqual(["/constraints/batchTokens/min out-of-range"]);
    expect(ask({ fixed: 1e6 })).toEqual([]);
  });

  it("is answered where it is one sequence, the smallest batch there is", () => {
    expect(ask({ fixed: 2048 }, 1000)).toEqual([]);
  });
});
