// `npm run screenshots`: pictures of the web page's views for docs/screenshots.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { buildAssets, buildWorker } from "./build/build.ts";
import { openService } from "./open-page.ts";
import { QUIET, ROOT } from "./paths.ts";

/** Each with a height that holds the figures, the curves and the heat map. */
const SIZES = [
  { width: 360, most: 3300 },
  { width: 800, most: 2800 },
  { width: 1440, most: 1700 },
] as const;
const THEMES = ["light", "dark"] as const;

const folder = join(ROOT, "docs", "screenshots");

async function showRecommendation(page: Page): Promise<void> {
  await page.waitForSelector("#price table");
  await page.waitForSelector("#heat canvas");
  await page.waitForSelector("#chart-steps canvas");
}

async function showProbe(page: Page): Promise<void> {
  await page.waitForSelector("#plan strong");
  await page.selectOption("#experiment", "critical-batch");
  await page.check('input[value="quadratic"]');
  await page.waitForSelector("#run:enabled");
  await page.click("#run");
  await page.waitForSelector("#result table", { timeout: 120_000 });
}

const VIEWS = { recommend: showRecommendation, probe: showProbe } as const;

async function shoot(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { origin, browser, close } = await openService();
  try {
    for (const [view, show] of Object.entries(VIEWS)) {
      for (const colorScheme of THEMES) {
        const page = await browser.newPage({ colorScheme, reducedMotion: "reduce" });
        await page.goto(view === "probe" ? `${origin}/#view=probe` : `${origin}/`);
        await show(page);
        for (const { width, most } of SIZES) {
          await page.setViewportSize({ width, height: 900 });
          await page.waitForTimeout(300);
          const whole = await page.evaluate(() => document.documentElement.scrollHeight);
          const height = Math.min(whole, most);
          const path = join(folder, `${view}-${width}-${colorScheme}.png`);
          await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height } });
        }
        await page.close();
      }
    }
  } finally {
    await close();
  }
}

Object.assign(process.env, QUIET);
await buildAssets();
await buildWorker();
await shoot();
