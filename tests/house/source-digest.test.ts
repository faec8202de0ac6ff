import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { digestOfSources } from "../../tools/proofs/source-digest.ts";

function digestOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "digest-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return digestOfSources(pathToFileURL(`${folder}/`), Object.keys(files));
}

describe("the digest of a proof's sources", () => {
  const before = digestOf({ "a.ts": "export const rate: f32 = 0.5;\n", "b.csv": "1,2\n" });

  it("stays when a file moves, or its comments, layout or imports change", () => {
    const after = digestOf({
      "z.ts":
        'import { x } from "./x.ts";\n/** The rate. */\nexport const rate: f32 =\n  0.5; // half\n',
      "b.csv": "1,2\n",
    });
    expect(after).toBe(before);
  });

  it.each([
    ["a number", { "a.ts": "export const rate: f32 = 0.25;\n", "b.csv": "1,2\n" }],
    ["a type", { "a.ts": "export const rate: f64 = 0.5;\n", "b.csv": "1,2\n" }],
    ["a data file", { "a.ts": "export const rate: f32 = 0.5;\n", "b.csv": "1,3\n" }],
    ["the number of files", { "a.ts": "export const rate: f32 = 0.5;\n" }],
  ])("changes with %s", (_what, files) => {
    expect(digestOf(files)).not.toBe(before);
  });
});
