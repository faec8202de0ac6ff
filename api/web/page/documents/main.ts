// The documents' side navigation: folded on a narrow screen, with a search over the headings of all documents.
import "../../documents.css";
import { byId, element } from "../base/dom.ts";
import { followTheme } from "../base/theme.ts";
import { findHeadings, type HeadingEntry } from "./search.ts";

/** Put here by the build. */
declare const HEADINGS: readonly HeadingEntry[];

const NARROW = "(max-width: 820px)";

followTheme();
byId<HTMLDetailsElement>("contents").open = !matchMedia(NARROW).matches;

const search = byId<HTMLInputElement>("search");
byId("search-box").hidden = false;
search.addEventListener("input", show);
search.addEventListener("keydown", ({ key }) => {
  const first = byId("found").querySelector("a");
  if (key === "Enter") first?.click();
  if (key === "ArrowDown") first?.focus();
  if (key !== "Escape") return;
  search.value = "";
  show();
});
// A browser that comes back to the page may have kept what was typed.
if (search.value !== "") show();

function show(): void {
  const found = findHeadings(HEADINGS, search.value);
  const asked = search.value.trim() !== "";
  byId("found").replaceChildren(
    ...found.map(([heading, document, address]) =>
      element(
        "li",
        {},
        element(
          "a",
          { href: `/page/${address}` },
          heading,
          ...(heading === document ? [] : [element("small", {}, document)]),
        ),
      ),
    ),
  );
  byId("found-count").textContent = !asked
    ? ""
    : found.length === 0
      ? "No heading matches."
      : `${found.length} ${found.length === 1 ? "heading" : "headings"}`;
  byId("documents").hidden = asked;
}
