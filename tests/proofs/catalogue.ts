import { engineParityProof } from "./engine-parity-proof.ts";
import { faultSuiteProof } from "./fault-suite-proof.ts";
import { narrowingProof } from "./narrowing-proof.ts";
import { noiseIntervalProof } from "./noise-interval-proof.ts";
import type { Proof } from "./proof.ts";
import { quadraticProbeProof } from "./quadratic-probe-proof.ts";
import { realDataProof } from "./real-data-proof.ts";
import { teacherProbeProof } from "./teacher-probe-proof.ts";

/** Every proof of `npm run proofs`, in the order of docs/proofs.json. */
export const PROOFS: readonly Proof[] = [
  noiseIntervalProof,
  narrowingProof,
  quadraticProbeProof,
  teacherProbeProof,
  realDataProof,
  engineParityProof,
  faultSuiteProof,
];
