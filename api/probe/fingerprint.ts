import type { CurvatureNoise } from "./cell.ts";
import type { CurvePoint } from "./steps-to-target.ts";
import type { StepRecord } from "./training-session.ts";

const CANONICAL_NAN = 0x7fc00000;

/**
 * Bytes of final weights and measurements, little-endian, NaNs in one form: equal runs give equal bytes.
 */
export function fingerprintRun(
  weights: Float32Array,
  curve: readonly CurvePoint[],
  records: readonly StepRecord[],
  curvature: readonly CurvatureNoise[],
): Uint8Array<ArrayBuffer> {
  const numbers: number[] = [];
  for (const { step, loss } of curve) numbers.push(step, loss);
  for (const record of records) {
    numbers.push(record.lossNats, record.batchGradSqNorm, record.meanExampleGradSqNorm);
  }
  for (const point of curvature) {
    numbers.push(point.step, point.traceHessianSigma, point.curvatureAlongGradient);
  }
  const bytes = new Uint8Array(weights.length * 4 + numbers.length * 8);
  const view = new DataView(bytes.buffer);
  weights.forEach((value, i) => {
    if (Number.isNaN(value)) view.setUint32(4 * i, CANONICAL_NAN, true);
    else view.setFloat32(4 * i, value, true);
  });
  const start = weights.length * 4;
  numbers.forEach((value, i) => {
    view.setFloat64(start + 8 * i, Number.isNaN(value) ? Number.NaN : value, true);
  });
  return bytes;
}

/** SHA-256, given by the composition root. */
export type Sha256 = (bytes: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>;

/** Bytes as hex digits. */
export function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** SHA-256 (hex) of one run's fingerprint. */
export async function digestCell(
  sha256: Sha256,
  fingerprint: Uint8Array<ArrayBuffer>,
): Promise<string> {
  return hex(await sha256(fingerprint));
}

/** SHA-256 (hex) over the digests of a probe's cells, in the order of their ids. */
export async function digestProbe(
  sha256: Sha256,
  cells: readonly { readonly id: string; readonly digest: string }[],
): Promise<string> {
  const lines = cells.map(({ id, digest }) => `${id} ${digest}\n`);
  lines.sort((a, b) => (a < b ? -1 : 1));
  return hex(await sha256(new Uint8Array(new TextEncoder().encode(lines.join("")))));
}
