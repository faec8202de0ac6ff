import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const TEXT_BYTES = 400_000;
// A file of a package that the lockfile pins, so that everyone has the same bytes.
const PINNED = new URL("../../node_modules/typescript/lib/typescript.js", import.meta.url);
const PINNED_SHA256 = "c5ab6ce83f45c9d8f6c5d6e17f9f9d466848c6b272cfe5077e03eb0d8ea1b52c";

/** The first 400 kB of the TypeScript compiler's own program text. */
export function pinnedText(): Uint8Array {
  const text = readFileSync(PINNED).subarray(0, TEXT_BYTES);
  const digest = createHash("sha256").update(text).digest("hex");
  if (digest !== PINNED_SHA256) throw new Error(`${PINNED.pathname} has another text: ${digest}`);
  return new Uint8Array(text);
}

/** The first 400 kB of shakespeare.txt in the folder CRITBATCH_DATA; undefined where there is none. */
export function literaryText(): Uint8Array | undefined {
  const folder = process.env["CRITBATCH_DATA"];
  const path = folder === undefined ? undefined : join(folder, "shakespeare.txt");
  if (path === undefined || !existsSync(path)) return undefined;
  return new Uint8Array(readFileSync(path).subarray(0, TEXT_BYTES));
}

const WINDOW_BYTES = 4;
const KINDS = 6;

/** 0 line end, 1 blank, 2 small letter, 3 capital, 4 digit, 5 anything else. */
function kindOf(byte: number): number {
  if (byte === 10) return 0;
  if (byte === 32 || byte === 9) return 1;
  if (byte >= 97 && byte <= 122) return 2;
  if (byte >= 65 && byte <= 90) return 3;
  return byte >= 48 && byte <= 57 ? 4 : 5;
}

/**
 * A table of byte windows: of each of the four bytes before a place its value and kind (six columns of 0 and 1), and as
 * the label the kind of the byte there.
 *
 * @returns CSV without a header.
 */
export function byteWindowTable(text: Uint8Array, rows: number): string {
  const stride = Math.floor((text.length - WINDOW_BYTES) / rows);
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    const at = WINDOW_BYTES + row * stride;
    const cells: number[] = [];
    for (let back = 1; back <= WINDOW_BYTES; back++) {
      const byte = text[at - back] ?? 0;
      for (let kind = 0; kind < KINDS; kind++) cells.push(kindOf(byte) === kind ? 1 : 0);
      cells.push(byte);
    }
    lines.push([...cells, kindOf(text[at] ?? 0)].join(","));
  }
  return lines.join("\n");
}
