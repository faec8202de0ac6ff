import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { besiroglu2024Constants } from "../../../api/numerics/laws/besiroglu2024.ts";
import { hoffmann2022Constants } from "../../../api/numerics/laws/hoffmann2022-approach3.ts";
import {
  nonEmbeddingFlopsPerToken,
  nonEmbeddingFromTotalParams,
  nonEmbeddingParamsOfShape,
  totalFromNonEmbeddingParams,
  totalParamsOfShape,
} from "../../../api/numerics/laws/params-conversion.ts";
import exponents from "../../vectors/pearce2024-exponent.json";
import params from "../../vectors/pearce2024-params.json";
import { runVectors } from "../../vectors/run-vectors.ts";

describe("total from non-embedding parameters", () => {
  runVectors(params, ({ nonEmbeddingParams }) => ({
    totalParams: totalFromNonEmbeddingParams(nonEmbeddingParams),
  }));

  it("is undone by the other direction from 1 to 1e15 parameters", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 15, noNaN: true }), (decades) => {
        const there = totalFromNonEmbeddingParams(10 ** decades);
        expect(nonEmbeddingFromTotalParams(there) / 10 ** decades).toBeCloseTo(1, 11);
      }),
      { seed: 30 },
    );
  });

  it("turns a Chinchilla-like truth into a Kaplan-like exponent when only non-embedding parameters are counted", () => {
    const sizes = Array.from({ length: 60 }, (_, j) => 768 * (1.5e9 / 768) ** (j / 59));
    for (const { inputs, expected } of exponents.rows) {
      const c = inputs.lawId === "besiroglu2024" ? besiroglu2024Constants : hoffmann2022Constants;
      const points = sizes.map((N) => {
        const total = totalFromNonEmbeddingParams(N);
        const paramTerm = c.paramExponent * c.paramCoefficient * total ** -c.paramExponent;
        const elasticity = (N + (total - N) / 3) / total;
        const dataTerm = (paramTerm * elasticity) / (c.dataExponent * c.dataCoefficient);
        return [Math.log(6 * N * dataTerm ** (-1 / c.dataExponent)), Math.log(N)] as const;
      });
      const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
      const slope =
        points.reduce((sum, [x, y]) => sum + (x - meanX) * y, 0) /
        points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
      expect(Math.abs(slope / expected.exponent - 1)).toBeLessThan(exponents.tolerance.relative);
    }
  });
});

describe("parameters of a shape", () => {
  // Kaplan et al. 2020, section 2.1: N = 12 layers d^2 for a feed-forward width of 4 d.
  const gpt2Small = { layers: 12, dModel: 768, dFfn: 3072, vocabularySize: 50257 };

  it("are 12 layers d^2 without embeddings when the feed-forward width is 4 d", () => {
    expect(nonEmbeddingParamsOfShape(gpt2Small)).toBe(12 * 12 * 768 ** 2);
  });

  it("add one vocabulary matrix with embeddings: 124 million for GPT-2 small", () => {
    expect(totalParamsOfShape(gpt2Small)).toBe(12 * 12 * 768 ** 2 + 50257 * 768);
  });

  it("count three matrices in a gated block", () => {
    const gated = nonEmbeddingParamsOfShape({ layers: 1, dModel: 8, dFfn: 21 });
    expect(gated).toBe(4 * 64 + 3 * 8 * 21);
  });

  it("cost 72 layers d^2 + 12 layers d s FLOPs a token, as DeepSeek counts", () => {
    const flops = nonEmbeddingFlopsPerToken(gpt2Small, 1024);
    expect(flops).toBe(72 * 12 * 768 ** 2 + 12 * 12 * 768 * 1024);
  });

  it("refuse counts that are not above 0", () => {
    expect(() => totalParamsOfShape({ ...gpt2Small, vocabularySize: 0 })).toThrow(RangeError);
    expect(() => nonEmbeddingParamsOfShape({ ...gpt2Small, layers: Number.NaN })).toThrow(
      RangeError,
    );
    expect(() => nonEmbeddingFromTotalParams(-1)).toThrow(RangeError);
  });
});
