import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { growModel } from "../../../api/numerics/compensation/grown-model.ts";
import {
  nonEmbeddingFromTotalParams,
  totalFromNonEmbeddingParams,
} from "../../../api/numerics/laws/params-conversion.ts";

const count = fc.double({ min: 1e4, max: 1e13, noNaN: true });
const ratio = fc.double({ min: 0.01, max: 1e6, noNaN: true });
const close = (actual: number, expected: number, what: string) =>
  expect(Math.abs(actual / expected - 1), what).toBeLessThan(1e-9);

describe("a model grown by a ratio", () => {
  it("has that ratio in the count the law uses, and the average rule's counts when it had them", () => {
    fc.assert(
      fc.property(count, ratio, (nonEmbeddingParams, grown) => {
        const total = totalFromNonEmbeddingParams(nonEmbeddingParams);
        const model = { nonEmbeddingParams, computeParams: total, totalParams: total };
        const byTotal = growModel(model, grown, "total");
        close(byTotal.totalParams, total * grown, "total");
        close(byTotal.nonEmbeddingParams, nonEmbeddingFromTotalParams(total * grown), "rest");
        const byRest = growModel(model, grown, "non-embedding");
        close(byRest.nonEmbeddingParams, nonEmbeddingParams * grown, "rest");
        close(byRest.totalParams, totalFromNonEmbeddingParams(nonEmbeddingParams * grown), "total");
      }),
      { seed: 11 },
    );
  });

  it("is the model itself at a ratio of one, whatever its embeddings", () => {
    fc.assert(
      fc.property(count, fc.double({ min: 1, max: 50, noNaN: true }), (rest, share) => {
        const model = {
          nonEmbeddingParams: rest,
          computeParams: rest * share,
          totalParams: rest * share,
        };
        for (const counted of ["total", "non-embedding"] as const) {
          const same = growModel(model, 1, counted);
          close(same.nonEmbeddingParams, rest, "rest");
          close(same.totalParams, rest * share, "total");
        }
      }),
      { seed: 11 },
    );
  });

  it("without embeddings has equal counts, and experts grow in proportion", () => {
    const bare = { nonEmbeddingParams: 1e9, computeParams: 1e9, totalParams: 1e9 };
    close(growModel(bare, 3, "total").nonEmbeddingParams, 3e9, "bare");
    const experts = { nonEmbeddingParams: 1e9, computeParams: 1e9, totalParams: 8e9 };
    close(growModel(experts, 3, "total").totalParams, 2.4e10, "experts");
  });

  it("a ratio that is not above 0 is refused by name", () => {
    const model = { nonEmbeddingParams: 1, computeParams: 1, totalParams: 1 };
    expect(() => growModel(model, 0, "total")).toThrow(/ratio/);
  });
});
