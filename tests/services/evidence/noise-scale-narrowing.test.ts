import { describe, expect, it } from "vitest";
import { joinNoiseScale, noiseScaleVote } from "../../../api/services/evidence/noise-scale.ts";
import { recommendPlan } from "../../../api/services/recommend/recommend.ts";
import { estimateOf } from "../../../api/services/shared/estimates.ts";
import { recommendationRequest } from "../../../schemas/recommendations/request.ts";
import { narrowingProof } from "../../proofs/narrowing-proof.ts";
import {
  AS_STATED,
  CIRCUMSTANCES,
  drawWorld,
  measureFromNorms,
} from "../../proofs/narrowing-worlds.ts";
import { outsideLimits, prove } from "../../proofs/proof.ts";
import { seededRandom } from "../../proofs/random.ts";

describe("critical batches of synthetic runs with a measured noise scale", () => {
  it("lie in their intervals as often as stated, and no interval is less than half the laws'", async () => {
    const result = await prove(narrowingProof, 0.1);
    expect(outsideLimits(result)).toEqual([]);
    expect(Object.keys(result.limits).length).toBeGreaterThan(100);
  });

  it("have in a recommendation the interval that the proof counts", () => {
    const random = seededRandom(3);
    for (const circumstance of CIRCUMSTANCES) {
      const world = drawWorld(circumstance, AS_STATED, measureFromNorms, random);
      const plan = recommendPlan(
        recommendationRequest.parse({
          model: { nonEmbeddingParams: world.point.nonEmbeddingParams },
          data: { trainingTokens: world.point.trainingTokens },
          optimizer: { kind: circumstance.optimizer },
          evidence: { noiseScale: world.noiseScale },
          intervalLevel: 0.95,
        }),
      );
      if (plan.status !== "recommended") throw new Error(plan.status);
      const vote = noiseScaleVote(world.noiseScale, 1, circumstance.optimizer === "adamw");
      const { laws } = world;
      const joined = vote === undefined ? laws : joinNoiseScale(laws, vote, 0.95).joined;
      const { value, interval } = estimateOf(joined, 0.95);
      expect(plan.criticalBatch.bCritTokens).toMatchObject({ value, interval });
    }
  });
});
