import { findChromium } from "../../tools/find-chromium.ts";
import { openService } from "../../tools/open-page.ts";
import { type Case, toCase } from "./cases.ts";
import { spreadOf } from "./stats.ts";

/** What has to stand before the first view is of use: the recommendation, its charts and the heat map. */
const DRAWN = [".leading .value", "#chart-loss canvas", "#chart-steps canvas", "#heat canvas"];

/** From the request for the page to its first view, each time in a new browser context; none without a Chromium. */
export async function measureFirstView(rounds: number): Promise<readonly Case[]> {
  if (findChromium() === undefined) return [];
  const { origin, browser, close } = await openService();
  try {
    const elapsed: number[] = [];
    // The first round warms the service up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      const context = await browser.newContext();
      await context.addInitScript(watchFirstView, DRAWN);
      const page = await context.newPage();
      await page.goto(origin);
      const ready = await page.waitForFunction(
        () => (globalThis as unknown as { firstViewMs?: number }).firstViewMs,
      );
      if (round > 0) elapsed.push(Number(await ready.jsonValue()));
      await context.close();
    }
    return [
      toCase(
        {
          id: "web-first-view",
          shape: `navigation to figures, charts and heat map, ${rounds} times`,
          unit: "ms",
          ...spreadOf(elapsed),
        },
        { comparison: "<", value: 300 },
      ),
    ];
  } finally {
    await close();
  }
}

/** Runs in the page: notes when the last of the parts has come, on the page's own clock since its navigation. */
function watchFirstView(parts: readonly string[]): void {
  const watch = new MutationObserver(() => {
    if (!parts.every((part) => document.querySelector(part) !== null)) return;
    watch.disconnect();
    (globalThis as unknown as { firstViewMs?: number }).firstViewMs = performance.now();
  });
  watch.observe(document, { childList: true, subtree: true });
}
