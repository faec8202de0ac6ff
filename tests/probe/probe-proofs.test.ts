import { describe, expect, it } from "vitest";
import { outsideLimits, type Proof, prove } from "../proofs/proof.ts";
import { quadraticProbeProof } from "../proofs/quadratic-probe-proof.ts";
import { realDataProof } from "../proofs/real-data-proof.ts";
import { teacherProbeProof } from "../proofs/teacher-probe-proof.ts";

const PROVEN: readonly Proof[] = [quadraticProbeProof, teacherProbeProof, realDataProof];

describe("a tenth of the proofs of the probe", () => {
  it.each(PROVEN.map((proof) => [proof.id, proof] as const))(
    "%s keeps to its limits",
    { timeout: 300_000 },
    async (_id, proof) => {
      const result = await prove(proof, 0.1);
      const outside = outsideLimits(result).map((name) => `${name}: ${result.figures[name]}`);
      expect(outside).toEqual([]);
      expect(Object.keys(result.limits).length).toBeGreaterThan(3);
    },
  );
});
