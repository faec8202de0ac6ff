import type { BrowserContext } from "playwright-core";
import { findChromium } from "../../tools/find-chromium.ts";
import { openService } from "../../tools/open-page.ts";
import { type Case, toCase } from "./cases.ts";
import { spreadOf } from "./stats.ts";

/** What has to stand before the first view is of use: the figures, their summary, the curves and the heat map. */
const DRAWN = [
  ".leading .value",
  ".summary",
  "#chart-loss canvas",
  "#chart-rate canvas",
  "#chart-steps canvas",
  "#heat canvas",
];

/** A new window of Chromium loads pages of its own interface, for more than a second of CPU time. */
const SETTLE_MS = 3000;

/**
 * From the request for the page until its first view is on the screen, each time in a new tab without a cache; none
 * without a Chromium.
 */
export async function measureFirstView(rounds: number): Promise<readonly Case[]> {
  if (findChromium() === undefined) return [];
  const { origin, browser, close } = await openService();
  try {
    const context = await browser.newContext();
    await context.addInitScript(watchFirstView, DRAWN);
    const window = await context.newPage();
    await window.waitForTimeout(SETTLE_MS);
    const elapsed: number[] = [];
    // The first round warms the service up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      const firstViewMs = await timeFirstView(context, origin);
      if (round > 0) elapsed.push(firstViewMs);
    }
    return [
      toCase(
        {
          id: "web-first-view",
          shape: `navigation to figures, charts and heat map on the screen, ${rounds} times`,
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

async function timeFirstView(context: BrowserContext, origin: string): Promise<number> {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.clearBrowserCache");
  await page.goto(origin, { waitUntil: "commit" });
  // A promise of the page's own: asking again and again would take the time that is measured.
  const firstViewMs = await page.evaluate(
    () => (globalThis as unknown as { firstView: Promise<number> }).firstView,
  );
  await page.close();
  return firstViewMs;
}

/** Runs in the page: notes the frame after the last of the parts has come, on the page's own clock since its navigation. */
function watchFirstView(parts: readonly string[]): void {
  const seen = new Promise<number>((done) => {
    const watch = new MutationObserver(() => {
      if (!parts.every((part) => document.querySelector(part) !== null)) return;
      watch.disconnect();
      // The task after an animation frame runs when that frame has been painted.
      requestAnimationFrame(() => setTimeout(() => done(performance.now())));
    });
    watch.observe(document, { childList: true, subtree: true });
  });
  Object.assign(globalThis, { firstView: seen });
}
