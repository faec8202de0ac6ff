import { join, posix } from "node:path";
import { Marked, type Tokens } from "marked";
import { uniqueAnchors } from "./anchor.ts";

export interface Heading {
  readonly text: string;
  readonly anchor: string;
  readonly depth: number;
}

export interface RenderedDocument {
  readonly title: string;
  readonly html: string;
  readonly headings: readonly Heading[];
  /** The pictures that it shows, by their paths from the root. */
  readonly pictures: readonly string[];
}

/**
 * Markdown of the repository as HTML: anchors as GitHub makes them, links that lead somewhere on the page.
 *
 * @param path - from the root of the repository; relative links start there.
 * @param pageOf - the address of another document's page; undefined for files that have none.
 */
export function renderDocument(
  source: string,
  path: string,
  pageOf: (path: string) => string | undefined,
): RenderedDocument {
  const headings: Heading[] = [];
  const pictures: string[] = [];
  const nextAnchor = uniqueAnchors();
  const resolve = (href: string) => join(posix.dirname(path), href).replaceAll("\\", "/");
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const anchor = nextAnchor(text);
        headings.push({ text: text.replaceAll(/[`*]/g, ""), anchor, depth });
        return `<h${depth} id="${anchor}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      image({ href, text }) {
        pictures.push(resolve(href));
        return `<img src="/page/${posix.basename(href)}" alt="${text}" loading="lazy" />`;
      },
      link({ href, tokens }: Tokens.Link) {
        const text = this.parser.parseInline(tokens);
        if (/^([a-z]+:|#)/.test(href)) return `<a href="${href}">${text}</a>`;
        const [file = "", anchor] = href.split("#");
        const page = pageOf(resolve(file));
        // A file of the repository has no address here: its name stays readable.
        if (page === undefined) return text;
        return `<a href="${page}${anchor === undefined ? "" : `#${anchor}`}">${text}</a>`;
      },
    },
    hooks: { postprocess: withScrollingTables },
  });
  const html = marked.parse(withoutRemarks(source), { async: false });
  return { title: headings[0]?.text ?? path, html, headings, pictures };
}

/** What tells `npm run readme` how to run an example is nothing to read. */
function withoutRemarks(source: string): string {
  return source.replaceAll(/^<!-- .* -->\n/gm, "");
}

function withScrollingTables(html: string): string {
  let tables = 0;
  return html
    .replaceAll("<table>", () => {
      tables += 1;
      return `<div class="scroll" tabindex="0" role="region" aria-label="Table ${tables}"><table>`;
    })
    .replaceAll(/<th[^>]*><\/th>/g, "<td></td>")
    .replaceAll("</table>", "</table></div>")
    .replaceAll("<pre>", `<pre tabindex="0">`);
}
