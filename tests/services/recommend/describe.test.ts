import { describe, expect, it } from "vitest";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { PLAN, recommended } from "./requests.ts";

/** A point, question or exclamation mark ends a sentence only before a space or the end: 0.0011 holds none. */
const sentences = (text: string) => text.split(/(?<=[.?!])\s+/);

const fixed = (batchTokens: number, more: Partial<RecommendationRequest> = {}) =>
  recommended({ ...PLAN, ...more, constraints: { batchTokens: { fixed: batchTokens } } });

describe("the summary", () => {
  it("has three sentences at any batch, also with decimals in them", () => {
    for (const exponent of [11, 14, 19, 22, 24, 27, 30]) {
      const { summary } = fixed(2 ** exponent);
      expect(sentences(summary)).toHaveLength(3);
      for (const sentence of sentences(summary)) expect(sentence).toMatch(/^[A-Z].*[.]$/);
    }
  });

  it("names the batch, the learning rate, and both batch sizes the batch lies between", () => {
    const { summary, batch, learningRate } = recommended(PLAN);
    expect(summary).toContain("For 1B non-embedding parameters and 20B tokens");
    expect(summary).toContain(`${batch.batchSequences} sequences, ${batch.steps} steps`);
    expect(summary).toContain(learningRate.peakLearningRate.value.toPrecision(2));
    expect(summary).toContain("critical batch");
    expect(summary).toContain("80 %");
  });

  it("says what pays for the batch: nothing needed, parameters or tokens, or no parameters at all", () => {
    const status = (batchTokens: number) => {
      const { summary, compensation } = fixed(batchTokens);
      return { last: sentences(summary)[2], status: compensation.status };
    };
    expect(sentences(recommended(PLAN).summary)[2]).toContain(
      "costs no extra parameters or tokens",
    );
    const paid = status(2 ** 22);
    expect(paid.status).toBe("compensable");
    expect(paid.last).toMatch(/times the parameters or .* times the tokens/);
    const walled = status(2 ** 26);
    expect(walled.status).toBe("beyond-wall");
    expect(walled.last).toContain("no number of parameters");
    const small = status(2 ** 14);
    expect(small.status).toBe("not-needed");
    expect(small.last).toContain("beta2, weight decay and learning rate");
  });
});

describe("the loggable numbers", () => {
  it("are flat and finite, and leave out what is unbounded or absent", () => {
    const { loggable } = recommended({ ...PLAN, optimizer: { kind: "sgd" } });
    for (const [key, value] of Object.entries(loggable)) {
      expect(key.startsWith("critbatch/")).toBe(true);
      expect(Number.isFinite(value)).toBe(true);
    }
    expect(Object.keys(loggable)).not.toContain("critbatch/peakLearningRateLower");
    expect(Object.keys(loggable)).not.toContain("critbatch/adamBeta2");
    expect(Object.keys(loggable)).not.toContain("critbatch/yourBatchPenaltyNats");
  });
});
