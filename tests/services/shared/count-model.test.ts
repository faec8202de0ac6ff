import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countModel } from "../../../api/services/shared/count-model.ts";
import type { Warning } from "../../../schemas/common.ts";
import { noticeNames } from "../notice-names.ts";
import { logUniform } from "../recommend/requests.ts";

const count = (model: Parameters<typeof countModel>[0], sdLog = 0) => {
  const warnings: Warning[] = [];
  return { ...countModel(model, warnings, sdLog), warnings };
};

describe("both counts of a model", () => {
  it("convert there and back to the same number", () => {
    fc.assert(
      fc.property(logUniform(1e3, 1e15), (nonEmbeddingParams) => {
        const there = count({ nonEmbeddingParams });
        const back = count({ totalParams: there.totalParams.value });
        expect(back.nonEmbeddingParams.value / nonEmbeddingParams).toBeCloseTo(1, 6);
        expect(there.computeParams).toBe(there.totalParams.value);
      }),
      { seed: 54 },
    );
  });

  it("are certain where given and uncertain where converted, as an assumption", () => {
    const given = count({ totalParams: 7e9 });
    expect(given.totalParams).toEqual({ value: 7e9, sdLog: 0 });
    expect(given.nonEmbeddingParams.sdLog).toBeGreaterThan(0);
    expect(noticeNames(given)).toEqual(["model.nonEmbeddingParams"]);
  });

  it("of a small model are less certain than those of a large one, but never off by more than the embeddings can be", () => {
    const sd = (totalParams: number) => count({ totalParams }).nonEmbeddingParams.sdLog;
    const sds = [1e5, 1e7, 1e9, 1e11].map(sd);
    for (let i = 1; i < sds.length; i++) expect(sds[i]).toBeLessThanOrEqual(sds[i - 1] ?? 0);
    // n = (N/k)^(1/3 x 3) where embeddings are all: three times their own sd of 0.54.
    for (const smallest of [1e3, 1e4, 1e5]) expect(sd(smallest)).toBeLessThanOrEqual(3 * 0.54);
    expect(sds.at(-1)).toBeLessThan(0.01);
  });

  it("carry the uncertainty of a count that was itself estimated", () => {
    const certain = count({ totalParams: 1e9 });
    const estimated = count({ totalParams: 1e9 }, 0.1);
    expect(estimated.totalParams.sdLog).toBe(0.1);
    expect(estimated.nonEmbeddingParams.sdLog).toBeCloseTo(
      Math.hypot(0.1, certain.nonEmbeddingParams.sdLog),
      12,
    );
  });

  it("are never below one parameter", () => {
    expect(count({ totalParams: 1e3 }).nonEmbeddingParams.value).toBeGreaterThanOrEqual(1);
  });

  it("of a mixture of experts are the active ones, and compute meets no more than all", () => {
    const experts = count({ activeNonEmbeddingParams: 3e9, totalParams: 3e10 });
    expect(experts.nonEmbeddingParams.value).toBe(3e9);
    expect(experts.totalParams.value).toBe(3e10);
    expect(experts.computeParams).toBeGreaterThan(3e9);
    expect(experts.computeParams).toBeLessThan(3.2e9);
    expect(experts.mixtureOfExperts).toBe(true);
    const dense = count({ activeNonEmbeddingParams: 3e9, totalParams: 3e9 });
    expect(dense.computeParams).toBe(3e9);
  });
});
