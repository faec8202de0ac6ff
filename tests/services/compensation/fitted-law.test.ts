import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { priceRequest } from "../../../api/services/compensation/request.ts";
import { fitOwnRuns } from "../../../api/services/loss-fits/fit.ts";
import { InvalidRequest } from "../../../api/services/shared/invalid-request.ts";
import {
  compensationAnswer,
  compensationRequest,
} from "../../../schemas/compensations/compensation.ts";
import { type IdentifiedLossFit, lossFitRequest } from "../../../schemas/loss-fits/loss-fit.ts";
import {
  type Design,
  SIZES_AND_TOKENS,
  simulateRuns,
  TRUTH,
  WITH_BATCHES,
} from "../../numerics/fitting/simulated-runs.ts";
import { noticeNames } from "../notice-names.ts";

function fitOf(design: Design): IdentifiedLossFit {
  const runs = simulateRuns(design, 1).map(({ params, ...run }) => ({
    nonEmbeddingParams: params,
    ...run,
  }));
  const fit = fitOwnRuns(lossFitRequest.parse({ runs }));
  if (fit.status !== "identified") throw new Error(JSON.stringify(fit));
  return JSON.parse(JSON.stringify(fit));
}

const BODY = {
  model: { nonEmbeddingParams: 1e9 },
  data: { trainingTokens: 2e10 },
  batchTokens: 4e6,
  lossLaw: "fit",
};
const withBatch = fitOf(WITH_BATCHES);
const withoutBatch = fitOf(SIZES_AND_TOKENS);
const price = (over: object) => priceRequest(compensationRequest.parse({ ...BODY, ...over }));

describe("a batch priced with the law of the caller's own runs", () => {
  it("costs what the world of these runs says, to the error of the fit", () => {
    const exact = fitOf({ ...WITH_BATCHES, sdLog: 0 });
    const { explicit, criticalBatch } = price({ lossFit: exact });
    const bCrit = TRUTH.bCritTokensAt1e10 * 2 ** TRUTH.bCritExponent;
    expect(criticalBatch.bCritTokens.value / bCrit).toBeCloseTo(1, 4);
    const dataTerm = (tokens: number) => TRUTH.dataCoefficient / tokens ** TRUTH.dataExponent;
    const penalty = dataTerm(2e10 / (1 + 4e6 / bCrit)) - dataTerm(2e10);
    expect(explicit.batchPenaltyNats).toBeCloseTo(penalty, 4);
    expect(explicit.tokensRatio).toBeCloseTo(1 + 4e6 / bCrit, 3);
  });

  it("takes the critical batch of the fit, with its interval, and no other data", () => {
    const answer = price({ lossFit: withBatch });
    expect(answer.lossLaw).toBe("fit");
    expect(answer.criticalBatch.bCritTokens.basis).toBe("measured");
    expect(noticeNames(answer)).not.toContain("bCritTokens");
    expect(noticeNames(answer)).not.toContain("loss-and-critical-batch-from-different-data");
    expect(answer.caveats.map(({ code }) => code)).toContain("fitted-constants-taken-as-exact");
  });

  it("takes the critical batch of the catalogue where the fit has none, and says so", () => {
    const answer = price({ lossFit: withoutBatch });
    expect(answer.criticalBatch.bCritTokens.basis).toBe("law");
    expect(noticeNames(answer)).toContain("bCritTokens");
    expect(noticeNames(answer)).toContain("loss-and-critical-batch-from-different-data");
  });

  it("takes a given critical batch before that of the fit", () => {
    const bCritTokens = {
      value: 3e6,
      interval: { lower: 2e6, upper: 4e6, level: 0.8 },
      basis: "measured",
    };
    const answer = price({ lossFit: withBatch, bCritTokens });
    expect(answer.criticalBatch.bCritTokens.value).toBe(3e6);
  });

  it("has a wider critical batch at a higher level and far from the runs", () => {
    const width = (over: object) => {
      const { lower, upper } = price({ lossFit: withBatch, ...over }).criticalBatch.bCritTokens
        .interval;
      return Math.log((upper ?? 0) / (lower ?? 1));
    };
    expect(width({ intervalLevel: 0.95 })).toBeGreaterThan(width({}));
    expect(width({ data: { trainingTokens: 1e14 } })).toBeGreaterThan(2 * width({}));
  });

  it("says where the run lies outside the runs fitted", () => {
    const far = price({ lossFit: withBatch, model: { nonEmbeddingParams: 1e12 } });
    const outside = far.caveats.find(({ code }) => code === "loss-law-extrapolated");
    expect(outside?.detail).toBe(
      "The run is outside the fitted range of the given fit in parameters.",
    );
  });

  it("counts the parameters that the fit counts", () => {
    const total = price({ lossFit: { ...withBatch, paramsCounted: "total" } });
    expect(total.batchPenaltyNats).toEqual(price({ lossFit: withBatch }).batchPenaltyNats);
    expect(total.wallBatchTokens).not.toEqual(price({ lossFit: withBatch }).wallBatchTokens);
  });
});

/** Only a fit that says nothing at the run is refused; anything else is a fault. */
function priceOrRefuse(over: object) {
  try {
    return price(over);
  } catch (thrown) {
    if (thrown instanceof InvalidRequest) return "refused";
    throw thrown;
  }
}

describe("a fit handed in", () => {
  const changed = (constants: object) => ({
    ...withBatch,
    constants: { ...withBatch.constants, ...constants },
  });
  const estimate = (value: number) => ({
    value,
    interval: { lower: value, upper: value, level: 0.8 },
    basis: "measured",
  });
  it.each([
    ["without lossLaw fit", { lossLaw: "besiroglu2024", lossFit: withBatch }],
    ["not at all", {}],
    ["not identified", { lossFit: { ...withBatch, status: "not-identified" } }],
    ["with an exponent of 0", { lossFit: changed({ paramExponent: estimate(0) }) }],
    ["with an exponent of 50", { lossFit: changed({ dataExponent: estimate(50) }) }],
    ["with an irreducible loss of 0", { lossFit: changed({ irreducibleLossNats: estimate(0) }) }],
    ["with m of 1", { lossFit: changed({ bCritExponent: estimate(1) }) }],
    ["with batches but no critical one", { lossFit: changed({ bCritTokens: undefined }) }],
  ])("%s is refused", (_name, over) => {
    expect(compensationRequest.safeParse({ ...BODY, ...over }).success).toBe(false);
  });

  it("is refused where a term is lost in rounding at the run", () => {
    const lossFit = changed({ paramCoefficient: estimate(1e-9) });
    expect(() => price({ lossFit })).toThrow("/lossFit/constants/paramCoefficient");
  });

  it("with any constants that are let in gives an answer as documented", () => {
    const positive = (lower: number, upper: number) =>
      fc
        .double({ min: Math.log(lower), max: Math.log(upper), noNaN: true })
        .map((x) => estimate(Math.exp(x)));
    const constants = fc.record({
      irreducibleLossNats: positive(1e-8, 999),
      paramCoefficient: positive(1e-5, 1e27),
      dataCoefficient: positive(1e-5, 1e30),
      paramExponent: positive(0.051, 2.99),
      dataExponent: positive(0.051, 2.99),
      bCritTokens: positive(1.1e-3, 9e20),
      bCritExponent: positive(1e-6, 0.89),
      bCritAtTokens: positive(1.1e3, 9e16).map(({ value }) => value),
    });
    const covariance = fc
      .array(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 7 }), {
        maxLength: 7,
      })
      .map((matrix) => ({ names: withBatch.covariance.names, matrix }));
    fc.assert(
      fc.property(
        constants,
        covariance,
        fc.constantFrom({}, { steps: { max: 1000 } }, { relativeTo: "optimal-batch" }),
        fc.constantFrom(1, 1e6, 2e10),
        (some, matrix, over, batchTokens) => {
          const lossFit = { ...withBatch, constants: some, covariance: matrix };
          const wire = JSON.parse(JSON.stringify(priceOrRefuse({ lossFit, batchTokens, ...over })));
          if (wire === "refused") return;
          expect(compensationAnswer.safeParse(wire).error?.issues).toBeUndefined();
        },
      ),
      { seed: 20261105, numRuns: 1500 },
    );
  });
});
