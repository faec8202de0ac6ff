import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recommendPlan } from "../../../api/services/recommend/recommend.ts";
import { InvalidRequest } from "../../../api/services/shared/invalid-request.ts";
import type { Estimate } from "../../../schemas/common.ts";
import { recommendationAnswer } from "../../../schemas/recommendations/answer.ts";
import {
  type RecommendationRequest,
  recommendationRequest,
} from "../../../schemas/recommendations/request.ts";
import { anyRequest, logUniform, PLAN, recommended } from "./requests.ts";

type Visit = (path: string, value: unknown) => void;

function walk(value: unknown, visit: Visit, path = ""): void {
  visit(path, value);
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) walk(part, visit, `${path}/${key}`);
}

function isEstimate(value: unknown): value is Estimate {
  return typeof value === "object" && value !== null && "interval" in value && "value" in value;
}

function checkNumbers(answer: unknown): void {
  walk(answer, (path, value) => {
    if (typeof value === "number") expect(Number.isFinite(value), path).toBe(true);
    if (!isEstimate(value)) return;
    const { lower, upper } = value.interval;
    expect(lower ?? 0, path).toBeLessThanOrEqual(value.value);
    expect(upper ?? value.value, path).toBeGreaterThanOrEqual(value.value);
    if (!path.includes("Nats") && !path.includes("weightDecay") && !path.includes("Ratio")) {
      expect(value.value, path).toBeGreaterThan(0);
    }
  });
}

/** The answer, or undefined where the request is refused in the words of the wire. */
function answerOrRefusal(request: RecommendationRequest) {
  try {
    return recommendPlan(request);
  } catch (thrown) {
    if (!(thrown instanceof InvalidRequest)) throw thrown;
    expect(thrown.fields.length).toBeGreaterThan(0);
    return undefined;
  }
}

describe("over the whole range of the wire", () => {
  it("1,000 random requests are answered in the schema's form with finite numbers in order, or refused by name", () => {
    const seen = { recommended: 0, "evidence-only": 0, "insufficient-evidence": 0, refused: 0 };
    fc.assert(
      fc.property(anyRequest, (request) => {
        expect(recommendationRequest.safeParse(request).success).toBe(true);
        const answer = answerOrRefusal(request);
        if (answer === undefined) {
          seen.refused++;
          return;
        }
        seen[answer.status]++;
        checkNumbers(answer);
        expect(recommendationAnswer.safeParse(answer).error?.issues ?? []).toEqual([]);
        expect(answer.summary.split(/[.?!](?:\s|$)/).filter(Boolean)).toHaveLength(3);
      }),
      { seed: 31, numRuns: 1000 },
    );
    expect(seen.recommended).toBeGreaterThan(200);
    expect(seen["evidence-only"]).toBeGreaterThan(50);
    expect(seen["insufficient-evidence"]).toBeGreaterThan(0);
  });

  it.each([
    { nonEmbeddingParams: 1e3 },
    { nonEmbeddingParams: 1e15 },
    { totalParams: 1e3 },
    { totalParams: 1e15 },
  ])("the corners of parameters and tokens are answered: %j", (model) => {
    for (const trainingTokens of [1e3, 1e17]) {
      for (const intervalLevel of [0.5, 0.99]) {
        const answer = recommended({ model, data: { trainingTokens }, intervalLevel });
        checkNumbers(answer);
        expect(recommendationAnswer.safeParse(answer).success).toBe(true);
      }
    }
  });

  it("logs the same flat, finite numbers that the answer holds", () => {
    const answer = recommended({ ...PLAN, current: { batchTokens: 1e6, peakLearningRate: 1e-3 } });
    for (const [key, value] of Object.entries(answer.loggable)) {
      expect(key).toMatch(/^critbatch\/[A-Za-z0-9]+$/);
      expect(Number.isFinite(value)).toBe(true);
    }
    expect(answer.loggable).toMatchObject({
      "critbatch/batchTokens": answer.batch.batchTokens.value,
      "critbatch/peakLearningRate": answer.learningRate.peakLearningRate.value,
      "critbatch/yourBatchPenaltyNats": answer.yours?.batchPenaltyNats?.value,
      "critbatch/nonEmbeddingParams": 1e9,
    });
  });
});

describe("an answer moves smoothly with its question", () => {
  /** ln of the three quantities and of the ends of their intervals, at one fixed batch. */
  const logsOf = (request: RecommendationRequest): number[] => {
    const { criticalBatch, learningRate } = recommended(request);
    return [
      criticalBatch.bOptTokens,
      criticalBatch.bCritTokens,
      learningRate.peakLearningRate,
    ].flatMap(({ value, interval }) => [
      Math.log(value),
      Math.log(interval.lower ?? 1),
      Math.log(interval.upper ?? 1),
    ]);
  };

  const close = (before: readonly number[], after: readonly number[]) => {
    for (const [i, log] of after.entries()) {
      expect(Math.abs(log - (before[i] ?? Number.NaN))).toBeLessThan(1e-3);
    }
  };

  const evidence = fc.constantFrom<RecommendationRequest["evidence"]>(
    undefined,
    {
      noiseScale: {
        bSimple: {
          value: 900,
          interval: { lower: 600, upper: 1400, level: 0.8 },
          basis: "measured",
        },
        unit: "sequences",
        measuredOver: "last-half-of-tuned-run",
      },
    },
    {
      reference: {
        batchTokens: 2097152,
        peakLearningRate: 0.0006,
        nonEmbeddingParams: 1.2e9,
        trainingTokens: 2e11,
      },
    },
  );

  const refusalEdges = { params: [1e10, 1e9], tokens: [5e8, 2e9, 5e9], flops: [1e21, 1e22] };

  const fixed = { batchTokens: { fixed: 2 ** 20 } };

  it("by less than 1e-3 in ln when parameters or tokens move by 1e-6, with any evidence", () => {
    const params = fc.oneof(fc.constantFrom(...refusalEdges.params), logUniform(1e5, 1e14));
    const tokens = fc.oneof(fc.constantFrom(...refusalEdges.tokens), logUniform(1e7, 1e16));
    fc.assert(
      fc.property(params, tokens, evidence, (n, d, measured) => {
        const at = (nonEmbeddingParams: number, trainingTokens: number) =>
          logsOf({
            ...PLAN,
            model: { nonEmbeddingParams },
            data: { trainingTokens },
            constraints: fixed,
            evidence: measured,
          });
        const before = at(n, d);
        close(before, at(n * (1 + 1e-6), d));
        close(before, at(n, d * (1 + 1e-6)));
      }),
      { seed: 32, numRuns: 200 },
    );
  });

  it("by less than 1e-3 in ln when the FLOPs or the total parameters move by 1e-6", () => {
    const flops = fc.oneof(fc.constantFrom(...refusalEdges.flops), logUniform(1e16, 1e27));
    fc.assert(
      fc.property(flops, logUniform(1e7, 1e12), (c, totalParams) => {
        const at = (trainingFlops: number, total?: number) =>
          logsOf({
            ...PLAN,
            model: total === undefined ? undefined : { totalParams: total },
            data: undefined,
            compute: { trainingFlops },
            constraints: fixed,
          });
        close(at(c), at(c * (1 + 1e-6)));
        const tokens = c / (6 * totalParams);
        fc.pre(tokens > 1e7 && tokens < 1e16);
        close(at(c, totalParams), at(c, totalParams * (1 + 1e-6)));
      }),
      { seed: 33, numRuns: 200 },
    );
  });

  it("by less than 1e-3 in ln when a reference's batch passes that of the plan or the optimal one", () => {
    const at = (batchTokens: number) =>
      logsOf({
        ...PLAN,
        constraints: fixed,
        evidence: { reference: { batchTokens, peakLearningRate: 1e-3 } },
      });
    for (const batchTokens of [2 ** 20, 450_198, 2 ** 19, 2 ** 21, 2 ** 23]) {
      close(at(batchTokens), at(batchTokens + 1));
    }
  });
});
