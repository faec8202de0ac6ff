// The web page's files: page.html with its form, script and styles bundled, and the documents.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { FIELDS, type Field } from "../../api/web/page/question/fields.ts";
import { buildDocuments } from "./documents.ts";

export async function buildPage(root: string, folder: string): Promise<void> {
  const web = join(root, "api", "web");
  await build({
    absWorkingDir: root,
    // The first asks while the second loads; what they share, all of the first, becomes the file ask.js.
    entryPoints: {
      "head-start": "api/web/page/recommend/head-start.ts",
      page: "api/web/page/main.ts",
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: "ask",
    minify: true,
    format: "esm",
    target: "es2022",
    logLevel: "error",
  });
  rmSync(join(folder, "head-start.js"));
  const page = readFileSync(join(web, "page.html"), "utf8");
  writeFileSync(join(folder, "index.html"), withFields(page));
  await buildDocuments(root, folder);
}

/** The form stands in the page as it arrives: nothing jumps when the script comes. */
function withFields(page: string): string {
  const written = (further: boolean) =>
    FIELDS.filter((field) => (field.further ?? false) === further)
      .map(fieldHtml)
      .join("\n");
  return page
    .replace("<!-- fields -->", written(false))
    .replace("<!-- further fields -->", written(true));
}

function fieldHtml({ id, label, unit, term, example, choices }: Field): string {
  const described = `aria-describedby="${id}-error${unit === "" ? "" : ` ${id}-unit`}"`;
  const input =
    choices === undefined
      ? `<input id="field-${id}" name="${id}" inputmode="text" spellcheck="false" placeholder="${example}" ${described} />`
      : `<select id="field-${id}" name="${id}" ${described}>${choices
          .map(([value, text]) => `<option value="${value}">${text}</option>`)
          .join("")}</select>`;
  const hint = unit === "" ? "" : `<p id="${id}-unit" class="hint">${unit}</p>`;
  const about = `<button type="button" class="term" data-term="${term}" aria-label="About: ${label}">?</button>`;
  return (
    `<div class="field"><div class="field-head"><label for="field-${id}">${label}</label>${about}</div>` +
    `${input}${hint}<p id="${id}-error" class="error" role="alert"></p></div>`
  );
}
