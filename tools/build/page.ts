// The web page's files: page.html with its form, script and styles bundled, and docs/*.md as pages with their plots.
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { Marked } from "marked";
import { TERMS } from "../../api/web/page/base/terms.ts";
import { FIELDS, type Field } from "../../api/web/page/question/fields.ts";
import { anchorOf } from "../documents/anchor.ts";

const DOCUMENTS = ["method", "evidence"] as const;

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
  const frame = readFileSync(join(web, "document.html"), "utf8");
  for (const name of DOCUMENTS) {
    writeFileSync(join(folder, `${name}.html`), renderDocument(root, name, frame));
  }
  const plots = join(root, "docs", "evidence");
  for (const plot of readdirSync(plots).filter((file) => file.endsWith(".svg"))) {
    copyFileSync(join(plots, plot), join(folder, plot));
  }
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

/** Markdown of the repository as a page: anchors as GitHub makes them, links that lead somewhere here. */
function renderDocument(root: string, name: string, frame: string): string {
  const source = readFileSync(join(root, "docs", `${name}.md`), "utf8");
  const anchors = new Set<string>();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const anchor = anchorOf(text);
        anchors.add(anchor);
        return `<h${depth} id="${anchor}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      image({ href, text }) {
        return `<img src="/page/${href.split("/").at(-1)}" alt="${text}" loading="lazy" />`;
      },
    },
    hooks: {
      postprocess: (html) => {
        let tables = 0;
        return html
          .replaceAll("<table>", () => {
            tables += 1;
            return `<div class="scroll" tabindex="0" role="region" aria-label="Table ${tables}"><table>`;
          })
          .replaceAll(/<th[^>]*><\/th>/g, "<td></td>")
          .replaceAll("</table>", "</table></div>")
          .replaceAll("<pre>", `<pre tabindex="0">`)
          .replaceAll(/href="(method|evidence)\.md/g, 'href="/page/$1.html');
      },
    },
  });
  const body = marked.parse(source, { async: false });
  if (name === "method") requireAnchors(anchors);
  const [, title = name] = /^# (.+)$/m.exec(source) ?? [];
  return frame.replaceAll("<!-- title -->", title).replace("<!-- body -->", () => body);
}

/** A term of the page that leads nowhere is a fault of the build. */
function requireAnchors(anchors: ReadonlySet<string>): void {
  for (const { name, anchor } of Object.values(TERMS)) {
    if (!anchors.has(anchor))
      throw new Error(`docs/method.md has no heading #${anchor} for ${name}`);
  }
}
