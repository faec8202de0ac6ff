import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { usePages } from "./use-pages.ts";

const open = usePages();

/** A view of a probe with its plan, ready to run. */
async function planned(experiment: string, source: string): Promise<Page> {
  const page = await open("#view=probe");
  await page.waitForSelector("#plan strong");
  await page.selectOption("#experiment", experiment);
  const plan = page.waitForResponse((response) => response.url().endsWith("dryRun=true"));
  await page.check(`input[value="${source}"]`);
  await plan;
  await page.waitForSelector("#run:enabled");
  return page;
}

interface Moment {
  readonly progress: number;
  readonly points: number;
  readonly result: boolean;
  readonly stoppable: boolean;
}

/** Notes how each new picture of the running probe stands beside its progress. */
async function watchCurves(page: Page): Promise<() => Promise<readonly Moment[]>> {
  await page.evaluate(() => {
    const moments: unknown[] = [];
    Object.assign(globalThis, { moments });
    const charts = document.querySelector("#probe-charts") as HTMLElement;
    new MutationObserver(() => {
      const label = charts.querySelector("#probe-chart-0 [role=img]")?.getAttribute("aria-label");
      moments.push({
        progress: (document.querySelector("#progress") as HTMLProgressElement).value,
        points: Number(/(\d+) points/.exec(label ?? "")?.[1] ?? 0),
        result: document.querySelector("#result-box:not([hidden])") !== null,
        stoppable: document.querySelector("#stop:enabled") !== null,
      });
    }).observe(charts, { childList: true, subtree: true });
  });
  return () => page.evaluate(() => (globalThis as unknown as { moments: Moment[] }).moments);
}

describe("probe", () => {
  it("its curves grow and its bar advances over the stream, before there is a result", async () => {
    const page = await planned("critical-batch", "quadratic");
    const moments = await watchCurves(page);
    const streamed = page.waitForResponse((response) => response.url().endsWith("/v1/probes"));
    await page.click("#run");
    expect((await streamed).headers()["content-type"]).toContain("text/event-stream");
    await page.waitForSelector("#result table", { timeout: 60_000 });
    const live = (await moments()).filter(({ result, stoppable }) => !result && stoppable);
    const counts = live.map(({ points }) => points);
    expect(new Set(counts).size).toBeGreaterThan(5);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    const shares = live.map(({ progress }) => progress);
    expect(new Set(shares).size).toBeGreaterThan(5);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(Math.max(...shares)).toBeLessThan(1);
    expect(await page.innerText("#progress-text")).toMatch(/^Done: .*FLOP in .* s\.$/);
    expect(await page.innerText("#probe-title-0")).toBe("Steps to the target");
  });

  it("goes into the recommendation, and out of it again", async () => {
    const page = await planned("critical-batch", "quadratic");
    await page.click("#run");
    await page.waitForSelector("#result table", { timeout: 60_000 });
    const asked = page.waitForRequest((request) => request.url().endsWith("/v1/recommendations"));
    await page.click("#use");
    const { evidence } = (await asked).postDataJSON();
    expect(evidence.probe.experiment).toBe("critical-batch");
    await page.waitForSelector("#recommend-view:not([hidden]) .summary");
    expect(await page.innerText("#evidence")).toContain("critical-batch");
    await page.selectOption("#field-task", "other", { force: true });
    await page.waitForFunction(() =>
      document.querySelector(".summary")?.textContent?.includes("Your probe"),
    );
    await page.click("#evidence button");
    await page.waitForFunction(
      () => document.querySelector(".summary")?.textContent?.includes("Your probe") === false,
    );
    expect(await page.locator("#evidence button").count()).toBe(0);
  });

  it("stops at once when told, keeps what it has drawn, and runs again", async () => {
    const page = await planned("learning-rate", "teacher");
    const moments = await watchCurves(page);
    const gone = page.waitForEvent("requestfailed");
    await page.click("#run");
    await page.waitForSelector("#probe-chart-0 [role=img]");
    await page.click("#stop");
    expect((await gone).url()).toMatch(/\/v1\/probes$/);
    await page.waitForFunction(() =>
      document.querySelector("#progress-text")?.textContent?.startsWith("Stopped"),
    );
    await page.waitForSelector("#run:enabled");
    expect(await page.isEnabled("#stop")).toBe(false);
    expect(await page.isVisible("#result-box")).toBe(false);
    expect(await page.isVisible("#probe-chart-0 [role=img]")).toBe(true);
    const { length } = await moments();
    await page.waitForTimeout(500);
    expect((await moments()).length).toBe(length);

    await page.selectOption("#experiment", "critical-batch");
    await page.check('input[value="quadratic"]');
    await page.waitForFunction(() =>
      document.querySelector("#plan strong")?.textContent?.includes("MFLOP"),
    );
    await page.click("#run");
    await page.waitForSelector("#result table", { timeout: 60_000 });
  });

  it("takes a table, and says beside it what is wrong with it", async () => {
    const page = await open("#view=probe");
    await page.check('input[value="csv"]');
    await page.fill("#sample", "a,b\nfoo");
    await page.waitForSelector("#sample[aria-invalid]");
    expect(await page.innerText("#sample-error")).toContain("numbers in all columns");
    const rows = Array.from(
      { length: 400 },
      (_, i) => `${Math.sin(i)},${Math.cos(3 * i)},${i % 2}`,
    );
    await page.setInputFiles("#sample-file", {
      name: "rows.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(["x,y,label", ...rows].join("\n")),
    });
    await page.waitForSelector("#sample:not([aria-invalid])");
    await page.waitForSelector("#plan strong");
  });

  it("takes what is dropped on it: a file by its name, a piece of text as text", async () => {
    const page = await open("#view=probe");
    const drop = (fill: "file" | "text") =>
      page.evaluate((kind) => {
        const dataTransfer = new DataTransfer();
        if (kind === "file") dataTransfer.items.add(new File(["x,label\n1,2"], "rows.csv"));
        else dataTransfer.setData("text/plain", "to be or not to be");
        const event = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
        document.querySelector("#plan")?.dispatchEvent(event);
      }, fill);
    await drop("text");
    expect(await page.isChecked('input[value="text"]')).toBe(true);
    expect(await page.inputValue("#sample")).toBe("to be or not to be");
    await drop("file");
    await page.waitForFunction(
      () => (document.querySelector("#sample") as HTMLTextAreaElement).value === "x,label\n1,2",
    );
    expect(await page.isChecked('input[value="csv"]')).toBe(true);
  });
});
