import { afterEach, describe, expect, it } from "vitest";
import { fusedEngineOn } from "../../api/probe/engines/fused/fused-engine.ts";
import type { TrainingSpec } from "../../api/probe/training-session.ts";
import { kernels, plainSpec } from "./fixtures.ts";
import { randomRows, randomTokens } from "./random-data.ts";

const ARRAYS = [
  "ArrayBuffer",
  "Float32Array",
  "Float64Array",
  "Int32Array",
  "Uint32Array",
] as const;
const originals = ARRAYS.map((name) => globalThis[name]);

/** Counts the buffers and views that JavaScript constructs. */
function countConstructions(): { count: number } {
  const seen = { count: 0 };
  const scope = globalThis as Record<string, unknown>;
  for (const [i, name] of ARRAYS.entries()) {
    scope[name] = new Proxy(originals[i] as object, {
      construct: (type, values, target) => {
        seen.count += 1;
        return Reflect.construct(type as new () => object, values, target) as object;
      },
    });
  }
  return seen;
}

afterEach(() => {
  const scope = globalThis as Record<string, unknown>;
  for (const [i, name] of ARRAYS.entries()) scope[name] = originals[i];
});

const decoder: TrainingSpec = {
  ...plainSpec,
  model: { kind: "transformer", layers: 1, dModel: 16, heads: 2, contextTokens: 8, tiedHead: true },
};

describe.each([
  ["an MLP", plainSpec, randomRows(10, 3, 64)],
  ["a transformer", decoder, randomTokens(32, 513)],
] as const)("training %s", (_name, spec, dataset) => {
  it("constructs as many arrays for 900 steps as for 9, and grows no memory", () => {
    const instance = kernels();
    const session = fusedEngineOn(instance).open(spec, dataset);
    const bytes = instance.memory.buffer.byteLength;
    const constructionsOf = (steps: number): number => {
      const seen = countConstructions();
      session.advance(session.step + steps, 1e9);
      return seen.count;
    };
    const few = constructionsOf(9);
    expect(few).toBeGreaterThan(0);
    expect(constructionsOf(900)).toBe(few);
    expect(session.step).toBe(909);
    expect(instance.memory.buffer.byteLength).toBe(bytes);
  });
});
