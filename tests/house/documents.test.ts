import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import openapi from "../../schemas/openapi.json";
import { anchorOf } from "../../tools/documents/anchor.ts";
import { listDocuments } from "../../tools/documents/list.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MOST_README_LINES = 150;
const DOCUMENTS = listDocuments(ROOT);

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, "");

function anchorsOf(path: string): readonly string[] {
  const headings = withoutCode(read(path)).matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = ""]) => anchorOf(heading));
}

/** The relative links of a document that lead nowhere. */
function brokenLinks(document: string): readonly string[] {
  const links = withoutCode(read(document)).matchAll(/(?:\]\(|(?:src|srcset)=")([^)"\s]+)/g);
  return (
    [...links]
      .map(([, link = ""]) => link)
      // What is above the repository is GitHub's own: the state of its CI.
      .filter((link) => !/^[a-z]+:/.test(link) && !link.startsWith("../../actions/"))
      .filter((link) => {
        const [file = "", anchor] = link.split("#");
        const path = file === "" ? document : join(dirname(document), file);
        if (!existsSync(join(ROOT, path))) return true;
        return anchor !== undefined && !anchorsOf(path).includes(anchor);
      })
  );
}

/** Commands and programs that neither show what they print nor say why nobody runs them. */
function unexecuted(document: string): readonly string[] {
  const blocks = read(document).matchAll(/(.*)\n```(?:sh|ts)\n([\s\S]*?)^```\n?\n?(.*)/gm);
  return [...blocks]
    .filter(([, before = "", , after = ""]) => {
      return !before.startsWith("<!-- not run: ") && !after.startsWith("<!-- output");
    })
    .map(([, , source = ""]) => source);
}

/** The table of calls, where several calls may share a row. */
function callsOfReference(): string {
  return read("docs/reference.md").split("## Rules of every call")[0] ?? "";
}

describe("documents", () => {
  it.each(Object.keys(openapi.paths))("docs/reference.md has a row for %s", (path) => {
    expect(callsOfReference()).toContain(`${path}\``);
  });

  it(`README.md has at most ${MOST_README_LINES} lines`, () => {
    expect(read("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(MOST_README_LINES);
  });

  it.each(DOCUMENTS)("every link of %s leads to a file or a heading", (document) => {
    expect(brokenLinks(document)).toEqual([]);
  });

  it.each(DOCUMENTS)("every command of %s is executed, or says why not", (document) => {
    expect(unexecuted(document)).toEqual([]);
  });
});
