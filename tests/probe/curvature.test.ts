import { describe, expect, it } from "vitest";
import type { ProbeModel, TrainingSession } from "../../api/probe/training-session.ts";
import { fusedEngine, plainSpec, relativeDistance } from "./fixtures.ts";
import { randomRows, randomTokens } from "./random-data.ts";
import { createReferenceEngine } from "./reference/reference-engine.ts";

const mlp = (activation: "gelu" | "tanh"): ProbeModel => ({
  kind: "mlp",
  hiddenWidths: [6],
  activation,
});
const decoder: ProbeModel = {
  kind: "transformer",
  layers: 1,
  dModel: 4,
  heads: 2,
  contextTokens: 4,
  tiedHead: true,
};

// The Hessian in full, one column per parameter, from float64 gradients.
function fullHessian(reference: TrainingSession, indices: Uint32Array): Float64Array[] {
  return Array.from({ length: reference.paramCount }, (_, i) => {
    const unit = new Float32Array(reference.paramCount);
    unit[i] = 1;
    return reference.hessianVectorProduct(indices, unit);
  });
}

describe("curvature", () => {
  for (const [name, model, dataset] of [
    ["gelu MLP", mlp("gelu"), randomRows(5, 3, 60)],
    ["tanh MLP", mlp("tanh"), randomRows(5, 3, 60)],
    ["transformer", decoder, randomTokens(6, 260)],
  ] as const) {
    it(`of a ${name}: Hessian-vector products agree with the Hessian built in full to 1e-3`, () => {
      const spec = { ...plainSpec, model };
      const fused = fusedEngine().open(spec, dataset);
      const reference = createReferenceEngine().open(spec, dataset);
      const indices = Uint32Array.from({ length: 20 }, (_, i) => i);
      const hessian = fullHessian(reference, indices);
      for (const phase of [1, 2, 3]) {
        const v = Float32Array.from(hessian, (_, i) => Math.sin(i * i * phase + phase));
        const exact = hessian.map((row) => row.reduce((sum, h, j) => sum + h * v[j]!, 0));
        expect(relativeDistance(fused.hessianVectorProduct(indices, v), exact)).toBeLessThan(1e-3);
      }
    });
  }
});
