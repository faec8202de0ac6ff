import { describe, expect, it } from "vitest";
import { documentGroups, pageName } from "../../tools/documents/list.ts";
import { ROOT } from "../../tools/paths.ts";
import { violations } from "./axe.ts";
import { usePages } from "./use-pages.ts";

const NAMES = ["documents", ...documentGroups(ROOT).flatMap(({ paths }) => paths.map(pageName))];
// What axe-core finds depends on the parts of a page: one of each kind, in both colors.
const JUDGED = ["documents", "fixed-batch", "benchmarks"];

const open = usePages();

describe("the documents on the page", () => {
  it("are all there, and every link between them leads to a heading", async () => {
    const page = await open("page/documents.html");
    const anchors = new Set<string>();
    const links = new Set<string>();
    for (const name of NAMES) {
      await page.goto(new URL(`/page/${name}.html`, page.url()).href);
      const found = await page.evaluate(() => ({
        ids: [...document.querySelectorAll("main [id]")].map(({ id }) => id),
        links: [...document.querySelectorAll<HTMLAnchorElement>("main a, .contents a")].map(
          ({ href }) => href,
        ),
        broken: [...document.querySelectorAll("img")].filter(
          (one) => one.getAttribute("src") === "",
        ).length,
      }));
      for (const id of found.ids) anchors.add(`/page/${name}.html#${id}`);
      anchors.add(`/page/${name}.html`);
      for (const href of found.links) links.add(href);
      expect(found.broken).toBe(0);
    }
    const { origin } = new URL(page.url());
    const own = [...links].map((href) => new URL(href)).filter((url) => url.origin === origin);
    expect(own.length).toBeGreaterThan(NAMES.length);
    const lost = own.map(({ pathname, hash }) => pathname + hash).filter((to) => !anchors.has(to));
    expect(lost).toEqual([]);
  });

  it("are found by their headings, with the keyboard alone", async () => {
    const page = await open("page/documents.html");
    await page.focus("#search");
    await page.keyboard.type("noise sc");
    expect(await page.innerText("#found-count")).toMatch(/^\d+ headings?$/);
    expect(await page.locator("#documents").isVisible()).toBe(false);
    await page.keyboard.press("Escape");
    expect(await page.locator("#documents").isVisible()).toBe(true);
    await page.keyboard.type("under faults");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/page/operations.html#under-faults-and-load");
    await page.fill("#search", "zebra");
    expect(await page.innerText("#found-count")).toBe("No heading matches.");
  });

  it("show where the reader is", async () => {
    const page = await open("page/method.html");
    const here = page.locator('.contents [aria-current="page"]');
    expect(await here.innerText()).toBe("How the answers are made");
    await page.click('.contents a[href="#probes"]');
    expect(new URL(page.url()).hash).toBe("#probes");
  });

  it("fold their list on a narrow screen, where nothing scrolls sideways", async () => {
    const page = await open("page/method.html", { viewport: { width: 360, height: 740 } });
    expect(await page.locator("#search").isVisible()).toBe(false);
    await page.click(".contents summary");
    expect(await page.locator("#search").isVisible()).toBe(true);
    for (const name of NAMES) {
      await page.goto(new URL(`/page/${name}.html`, page.url()).href);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(`${name} ${wide}`).toBe(`${name} 360`);
    }
  });

  it("keep the colors that the reader chose on the first page", async () => {
    const page = await open("", { colorScheme: "light" });
    await page.click("#theme");
    await page.goto(new URL("/page/method.html", page.url()).href);
    expect(await page.getAttribute("html", "data-theme")).toBe("dark");
  });

  for (const colorScheme of ["light", "dark"] as const) {
    for (const name of JUDGED) {
      it(`axe-core finds nothing: ${name}, ${colorScheme}`, async () => {
        const page = await open(`page/${name}.html`, { colorScheme, bypassCSP: true });
        expect(await violations(page)).toEqual([]);
      });
    }
  }
});
