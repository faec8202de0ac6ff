import type { CellCheckpoint, CellResult } from "./cell.ts";

// JSON has none of these; they must come back with the same bits.
const ODD_NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};
const ODD_KEY = "$f64";

function encodeNumber(_key: string, value: unknown): unknown {
  if (typeof value !== "number") return value;
  if (Object.is(value, -0)) return { [ODD_KEY]: "-0" };
  return Number.isFinite(value) ? value : { [ODD_KEY]: String(value) };
}

function decodeNumber(_key: string, value: unknown): unknown {
  const name = (value as Readonly<Record<string, unknown>> | null)?.[ODD_KEY];
  return typeof name === "string" ? ODD_NUMBERS[name] : value;
}

/** What a later stage and the answer need of a result; its fingerprint is known by its digest. */
export type StoredCellResult = Omit<CellResult, "fingerprint">;

/** A result as text; every number comes back with the same bits. */
export function encodeCellResult({ fingerprint: _digested, ...result }: CellResult): string {
  return JSON.stringify(result, encodeNumber);
}

/** The result of `encodeCellResult`, its fingerprint empty. */
export function decodeCellResult(text: string): CellResult {
  return { ...(JSON.parse(text, decodeNumber) as StoredCellResult), fingerprint: new Uint8Array() };
}

const LENGTH_BYTES = 4;

/** A checkpoint as bytes: length of the JSON part, JSON, then what the engine saved. */
export function encodeCheckpoint(
  cellId: string,
  checkpoint: CellCheckpoint,
): Uint8Array<ArrayBuffer> {
  const { session, ...rest } = checkpoint;
  const json = new TextEncoder().encode(JSON.stringify({ cellId, ...rest }, encodeNumber));
  const bytes = new Uint8Array(LENGTH_BYTES + json.length + session.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, LENGTH_BYTES);
  bytes.set(session, LENGTH_BYTES + json.length);
  return bytes;
}

/** @throws {RangeError} when the bytes are of another cell. */
export function decodeCheckpoint(cellId: string, bytes: Uint8Array<ArrayBuffer>): CellCheckpoint {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const end = LENGTH_BYTES + length;
  const text = new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, end));
  const { cellId: owner, ...rest } = JSON.parse(text, decodeNumber);
  if (owner !== cellId) throw new RangeError(`"bytes" belong to ${owner}`);
  return { ...rest, session: bytes.slice(end) };
}
