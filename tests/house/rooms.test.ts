import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MOST_FILES = 20;
// A published law is a file, and so is a kernel: these two folders grow with what they list.
const CATALOGUES = ["api/numerics/laws", "api/probe/kernels"];

interface Folder {
  readonly path: string;
  readonly sources: readonly string[];
}

function foldersBelow(path: string): Folder[] {
  const entries = readdirSync(`${ROOT}/${path}`, { withFileTypes: true });
  const sources = entries.filter((one) => one.isFile() && /\.(ts|js|py)$/.test(one.name));
  const inner = entries.filter((one) => one.isDirectory() && !LEFT_OUT.has(one.name));
  return [
    { path, sources: sources.map(({ name }) => name) },
    ...inner.flatMap(({ name }) => foldersBelow(`${path}/${name}`)),
  ];
}

const LEFT_OUT = new Set(["node_modules", "dist", "generated", "__pycache__"]);
const SOURCES = ["api", "schemas", "tools"].flatMap(foldersBelow);

describe("a folder of sources", () => {
  it.each(SOURCES)(`$path has at most ${MOST_FILES} files`, ({ path, sources }) => {
    if (CATALOGUES.includes(path)) return;
    expect(sources.length).toBeLessThanOrEqual(MOST_FILES);
  });

  it("api keeps only the files that put the service together", () => {
    const api = SOURCES.find(({ path }) => path === "api");
    expect(api?.sources.toSorted()).toEqual(["app.ts", "env.ts", "worker.ts"]);
  });
});
