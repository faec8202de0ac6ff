// The documents as pages of the service: docs/*.md with their pictures, a side navigation and a search over headings.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { METHOD_PAGE, TERMS } from "../../api/web/page/base/terms.ts";
import type { HeadingEntry } from "../../api/web/page/documents/search.ts";
import { documentGroups, OVERVIEW, pageName } from "../documents/list.ts";
import { type RenderedDocument, renderDocument } from "../documents/render.ts";

export async function buildDocuments(root: string, folder: string): Promise<void> {
  const groups = documentGroups(root);
  const paths = [OVERVIEW, ...groups.flatMap((group) => group.paths)];
  const addresses = new Map(paths.map((path) => [path, `/page/${pageName(path)}.html`]));
  const rendered = new Map(
    paths.map((path) => {
      const source = readFileSync(join(root, path), "utf8");
      return [path, renderDocument(source, path, (other) => addresses.get(other))] as const;
    }),
  );
  requireTerms(rendered.get("docs/method.md"));

  const frame = readFileSync(join(root, "api", "web", "document.html"), "utf8");
  for (const [path, { title, html }] of rendered) {
    const navigation = [OVERVIEW_GROUP, ...groups]
      .map((group) => groupHtml(group, path, rendered))
      .join("\n");
    const page = frame
      .replaceAll("<!-- title -->", title)
      .replace("<!-- navigation -->", () => navigation)
      .replace("<!-- body -->", () => html);
    writeFileSync(join(folder, `${pageName(path)}.html`), page);
  }
  await buildScript(root, folder, headingsOf(rendered));
  for (const picture of new Set([...rendered.values()].flatMap(({ pictures }) => pictures))) {
    copyFileSync(join(root, picture), join(folder, basename(picture)));
  }
}

const OVERVIEW_GROUP = { title: "", paths: [OVERVIEW] };

/** One group of the side navigation; the document that is open shows its sections. */
function groupHtml(
  { title, paths }: { readonly title: string; readonly paths: readonly string[] },
  open: string,
  rendered: ReadonlyMap<string, RenderedDocument>,
): string {
  const items = paths.map((path) => {
    const document = rendered.get(path);
    if (document === undefined) throw new Error(`no document ${path}`);
    const here = path === open;
    const link = `<a href="/page/${pageName(path)}.html"${here ? ' aria-current="page"' : ""}>${document.title}</a>`;
    return `<li>${link}${here && path !== OVERVIEW ? sectionsHtml(document) : ""}</li>`;
  });
  const heading = title === "" ? "" : `<p class="group">${title}</p>`;
  return `${heading}<ul>${items.join("")}</ul>`;
}

function sectionsHtml({ headings }: RenderedDocument): string {
  const sections = headings.filter(({ depth }) => depth === 2);
  if (sections.length === 0) return "";
  const items = sections.map(({ text, anchor }) => `<li><a href="#${anchor}">${text}</a></li>`);
  return `<ul>${items.join("")}</ul>`;
}

function headingsOf(rendered: ReadonlyMap<string, RenderedDocument>): readonly HeadingEntry[] {
  return [...rendered].flatMap(([path, { title, headings }]) =>
    headings.map(({ text, anchor }) => [text, title, `${pageName(path)}.html#${anchor}`] as const),
  );
}

/** A classic script: it folds the navigation of a narrow screen before anything is drawn. */
async function buildScript(
  root: string,
  folder: string,
  headings: readonly HeadingEntry[],
): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: { documents: "api/web/page/documents/main.ts" },
    outdir: folder,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    define: { HEADINGS: JSON.stringify(headings) },
    logLevel: "error",
  });
}

/** A term of the page that leads nowhere is a fault of the build. */
function requireTerms(method: RenderedDocument | undefined): void {
  const anchors = new Set(method?.headings.map(({ anchor }) => anchor));
  for (const { name, anchor } of Object.values(TERMS)) {
    if (!anchors.has(anchor))
      throw new Error(`${METHOD_PAGE} has no heading #${anchor} for ${name}`);
  }
}
