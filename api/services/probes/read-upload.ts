import { InvalidRequest } from "../shared/invalid-request.ts";
import type { DatasetKind, Upload } from "./datasets.ts";
import { readRows } from "./read-table.ts";

/** Thrown as soon as an upload exceeds its limit; the rest is not read. */
export class UploadTooLarge extends Error {}

/**
 * Reads an upload as it comes and gives it up at the first thing that is wrong.
 *
 * @param mostBytes - after decompression.
 * @throws {UploadTooLarge}
 * @throws {InvalidRequest} when it is empty, no UTF-8, holds NUL bytes, or is no table of numbers.
 */
export async function readUpload(
  body: ReadableStream<Uint8Array>,
  kind: DatasetKind,
  mostBytes: number,
): Promise<Upload> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  const chunks: Uint8Array[] = [];
  const texts: string[] = [];
  let length = 0;
  for await (const chunk of chunksOf(body)) {
    if (length + chunk.length > mostBytes) throw new UploadTooLarge();
    const nul = chunk.indexOf(0);
    if (nul >= 0)
      refuse(
        "binary",
        `text without NUL bytes; byte ${length + nul} is NUL (is it UTF-16 or a binary file?)`,
      );
    const text = decode(() => decoder.decode(chunk, { stream: true }), length, chunk.length);
    if (kind === "table") texts.push(text);
    chunks.push(chunk);
    length += chunk.length;
  }
  decode(() => decoder.decode(), length, 0);
  if (length === 0) refuse("empty", "at least one byte");
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const shape =
    kind === "table"
      ? await readRows(texts.join(""), "", () => undefined)
      : { rows: 0, columns: 0 };
  return { kind, bytes, ...shape };
}

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await read(reader);
      if (done) return;
      yield value;
    }
  } finally {
    // What has not been read is not wanted any more.
    await reader.cancel().catch(() => undefined);
  }
}

/** A stream that breaks off: the connection, or the compressed data in it. */
async function read(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    return refuse(
      "unreadable",
      `a complete body; it was cut off or cannot be decompressed (${why})`,
    );
  }
}

function decode(step: () => string, from: number, length: number): string {
  try {
    return step();
  } catch {
    return refuse("not-utf-8", `UTF-8; bytes ${from} to ${from + length} are not`);
  }
}

function refuse(code: string, expected: string): never {
  throw new InvalidRequest([{ pointer: "", code, message: expected }]);
}
