import { describe, expect, it } from "vitest";
import {
  kaplanBCritTokens,
  kaplanLossAtBatch,
  kaplanLossFromMinSteps,
} from "../../../api/numerics/laws/kaplan-loss.ts";
import fromSteps from "../../vectors/kaplan2020-loss-from-steps.json";
import { runVectors } from "../../vectors/run-vectors.ts";

describe("loss from parameters and minimal steps", () => {
  runVectors(fromSteps, ({ nonEmbeddingParams, minSteps }) => ({
    lossNats: kaplanLossFromMinSteps(nonEmbeddingParams, minSteps),
  }));
});

describe("loss at a batch", () => {
  it.each([
    [1e6, 1e8, 1e3],
    [1e9, 2e10, 1e7],
    [1e12, 1e13, 1e9],
  ])("is the loss whose own critical batch gives it: N %d, D %d, B %d", (N, D, B) => {
    const loss = kaplanLossAtBatch(N, D, B);
    const minSteps = D / (B + kaplanBCritTokens(loss));
    expect(kaplanLossFromMinSteps(N, minSteps) / loss).toBeCloseTo(1, 13);
  });
});
