import { describe, expect, it } from "vitest";
import { fittedLoss } from "../../../api/services/evidence/fitted-loss.ts";
import { fitOwnRuns } from "../../../api/services/loss-fits/fit.ts";
import { recommendPlan } from "../../../api/services/recommend/recommend.ts";
import { InvalidRequest } from "../../../api/services/shared/invalid-request.ts";
import { type IdentifiedLossFit, lossFitRequest } from "../../../schemas/loss-fits/loss-fit.ts";
import { recommendationAnswer } from "../../../schemas/recommendations/answer.ts";
import { recommendationRequest } from "../../../schemas/recommendations/request.ts";
import {
  type Design,
  SIZES_AND_TOKENS,
  simulateRuns,
  TRUTH,
  WITH_BATCHES,
} from "../../numerics/fitting/simulated-runs.ts";

function fitOf(design: Design, seed = 1): IdentifiedLossFit {
  const runs = simulateRuns(design, seed).map(({ params, ...run }) => ({
    nonEmbeddingParams: params,
    ...run,
  }));
  const fit = fitOwnRuns(lossFitRequest.parse({ runs }));
  if (fit.status !== "identified") throw new Error(JSON.stringify(fit));
  return JSON.parse(JSON.stringify(fit));
}

const PLAN = { model: { nonEmbeddingParams: 1e9 }, data: { trainingTokens: 2e10 } };
const ask = (body: object) => recommendPlan(recommendationRequest.parse(body));

function recommended(over: object) {
  const answer = ask({ ...PLAN, ...over });
  if (answer.status !== "recommended") throw new Error(answer.status);
  return answer;
}

describe("a recommendation with the law of the caller's own runs", () => {
  const lossFit = fitOf(WITH_BATCHES);
  const plain = recommended({});
  const own = recommended({ lossFit });

  it("foretells the loss of the world of these runs", () => {
    const exact = recommended({ lossFit: fitOf({ ...SIZES_AND_TOKENS, sdLog: 0 }) });
    const truth =
      TRUTH.irreducibleLossNats +
      TRUTH.paramCoefficient / 1e9 ** TRUTH.paramExponent +
      TRUTH.dataCoefficient / 2e10 ** TRUTH.dataExponent;
    const { lossNats, batchPenaltyNats } = exact.loss;
    expect(lossNats.value - batchPenaltyNats.value).toBeCloseTo(truth, 4);
    expect(lossNats.basis).toBe("measured");
  });

  it("knows the loss better than one of another corpus, and prices by the same law", () => {
    const width = ({ loss }: typeof own) =>
      (loss.lossNats.interval.upper ?? 0) - (loss.lossNats.interval.lower ?? 0);
    expect(width(own)).toBeLessThan(width(plain) / 2);
    expect(own.compensation.lossLaw).toBe("fit");
    expect(plain.compensation.lossLaw).toBe("besiroglu2024");
  });

  it("keeps batch and learning rate, which a loss law does not tell", () => {
    expect(own.batch).toEqual(plain.batch);
    expect(own.learningRate).toEqual(plain.learningRate);
  });

  it("answers as documented and with the same bytes again", () => {
    const wire = JSON.parse(JSON.stringify(own));
    expect(recommendationAnswer.safeParse(wire).error?.issues).toBeUndefined();
    expect(JSON.stringify(recommended({ lossFit }))).toBe(JSON.stringify(own));
  });

  it("is refused where a term of the law is lost in rounding", () => {
    const paramCoefficient = { ...lossFit.constants.paramCoefficient, value: 1e-9 };
    const nothing = { ...lossFit, constants: { ...lossFit.constants, paramCoefficient } };
    expect(() => ask({ ...PLAN, lossFit: nothing })).toThrow(InvalidRequest);
  });

  it("for another task says that the fit is not used", () => {
    const reference = { batchTokens: 262144, peakLearningRate: 1e-5 };
    const answer = ask({ task: "fine-tuning", evidence: { reference }, lossFit });
    expect(answer.warnings.map(({ code }) => code)).toContain("loss-fit-not-used");
  });
});

describe("the loss of one more run by a fit", () => {
  it("lies in its interval as often as the level says", () => {
    const worlds = 80;
    const point = { params: 3e8, trainingTokens: 1.6e10, batchTokens: 1e6 };
    const truth = Math.log(
      TRUTH.irreducibleLossNats +
        TRUTH.paramCoefficient / point.params ** TRUTH.paramExponent +
        TRUTH.dataCoefficient / point.trainingTokens ** TRUTH.dataExponent,
    );
    let inside = 0;
    for (let seed = 1; seed <= worlds; seed++) {
      const { lnValue, variance } = fittedLoss(fitOf(SIZES_AND_TOKENS, seed), point);
      const observed = simulateRuns(
        { params: [point.params], tokens: [point.trainingTokens], sdLog: SIZES_AND_TOKENS.sdLog },
        seed + 1000,
      )[0]?.lossNats;
      // 90 % quantile of Student's t with 15 degrees of freedom, any table.
      if (Math.abs(Math.log(observed ?? 0) - lnValue) <= 1.341 * Math.sqrt(variance)) inside += 1;
      expect(Math.abs(lnValue - truth)).toBeLessThan(0.02);
    }
    expect(inside).toBeGreaterThan(worlds * 0.8 - 3 * Math.sqrt(worlds * 0.16));
  });

  it("is less certain far from the runs", () => {
    const fit = fitOf(WITH_BATCHES);
    const sd = (params: number, trainingTokens: number) =>
      Math.sqrt(fittedLoss(fit, { params, trainingTokens, batchTokens: 1e6 }).variance);
    expect(sd(1e12, 1e14)).toBeGreaterThan(2 * sd(3e8, 1e10));
  });

  it("has the spread of its constants in agreement with the rounded covariance", () => {
    const fit = fitOf(WITH_BATCHES);
    const point = { params: 3e8, trainingTokens: 8e9, batchTokens: 1e6 };
    const coarse = {
      ...fit,
      covariance: {
        ...fit.covariance,
        matrix: fit.covariance.matrix.map((row) => row.map((x) => x * (1 + 1e-9))),
      },
    };
    const ratio = fittedLoss(coarse, point).variance / fittedLoss(fit, point).variance;
    expect(ratio).toBeCloseTo(1, 6);
  });
});
