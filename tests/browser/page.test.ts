import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { findPython } from "../../tools/find-python.ts";
import { buildPackage, SDK_FOLDER } from "../sdk/built-package.ts";
import { violations } from "./axe.ts";
import { usePages } from "./use-pages.ts";

const open = usePages();

/** Every part of the first view stands. */
async function drawn(page: Page): Promise<void> {
  for (const part of [
    "#chart-loss canvas",
    "#chart-rate canvas",
    "#chart-steps canvas",
    "#heat canvas",
  ]) {
    await page.waitForSelector(part);
  }
  await page.waitForSelector("#price table");
  await page.waitForSelector("#answer:not([aria-busy])");
}

async function figure(page: Page): Promise<string> {
  return page.locator(".leading .value").first().innerText();
}

describe("recommendation", () => {
  it("goes from typing to figures and charts, and the newest question wins", async () => {
    const page = await open();
    await drawn(page);
    await page.fill("#field-params", "");
    await page.locator("#field-params").pressSequentially("7B", { delay: 20 });
    await page.fill("#field-tokens", "2T");
    // Answers to what was typed on the way may be shown for a moment.
    await page.waitForFunction(() =>
      document
        .querySelector(".summary")
        ?.textContent?.includes("For 7B non-embedding parameters and 2T tokens"),
    );
    await drawn(page);
    expect(await page.locator(".legend").first().innerHTML()).toContain("critical");
    expect(await page.locator("#chart-loss [role=img]").getAttribute("aria-label")).toContain(
      "yours at",
    );
    expect(await page.locator("#laws tbody tr").count()).toBeGreaterThan(10);
    expect(await page.locator("#tradeoff tbody tr").count()).toBeGreaterThan(10);
  });

  it("writes an amount in the figures as the sentences of the answer do", async () => {
    const page = await open();
    await drawn(page);
    const amount = (await figure(page)).replace(/\s+tokens$/, "");
    expect(amount).toMatch(/^\d+k$/);
    expect(await page.innerText(".summary")).toContain(`batches of ${amount} tokens`);
  });

  it("says which way back to the loss takes less compute, not that a costly batch is free", async () => {
    const page = await open();
    await drawn(page);
    const price = await page.innerText("#price");
    expect(price).toContain("costs 0.0");
    expect(price).toContain("More tokens cost less compute than more parameters.");
    expect(price).not.toContain("Nothing to pay");
  });

  it("folds the claims that no number answers, below those that one does", async () => {
    const page = await open();
    await drawn(page);
    const [answered, folded] = await page
      .locator("#tradeoff table")
      .evaluateAll((tables) => tables.map((one) => one.querySelectorAll("tbody tr").length));
    expect(answered).toBeGreaterThan(10);
    expect(await page.locator("#tradeoff summary").innerText()).toContain(`${folded} claims`);
    expect(await page.locator("#tradeoff .open-rows table").isVisible()).toBe(false);
  });

  it("a keystroke's request cancels the one before", async () => {
    const page = await open();
    await drawn(page);
    const cancelled: string[] = [];
    page.on("requestfailed", (request) => cancelled.push(request.failure()?.errorText ?? ""));
    await page.route("**/v1/recommendations", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      await route.continue().catch(() => undefined);
    });
    for (const text of ["2B", "3B", "4B"]) {
      await page.fill("#field-params", text);
      await page.waitForTimeout(200);
    }
    await page.waitForFunction(() =>
      document.querySelector(".summary")?.textContent?.includes("For 4B"),
    );
    expect(cancelled.filter((text) => text.includes("ABORTED")).length).toBeGreaterThan(0);
    await page.unrouteAll({ behavior: "wait" });
  });

  it("is shared by its address", async () => {
    const page = await open();
    await drawn(page);
    await page.fill("#field-params", "3B");
    await page.fill("#field-batch", "512k");
    await page.waitForFunction(() => location.hash.includes("512k"));
    await page.waitForFunction(() =>
      document.querySelector(".summary")?.textContent?.includes("For 3B"),
    );
    await drawn(page);
    const shared = await open(new URL(page.url()).hash);
    await drawn(shared);
    expect(await shared.inputValue("#field-params")).toBe("3B");
    expect(await figure(shared)).toBe(await figure(page));
  });

  it("says beside the field what the API refuses, and what cannot be read", async () => {
    const page = await open();
    await drawn(page);
    await page.fill("#field-batch", "0.5");
    await page.waitForFunction(() => document.querySelector("#batch-error")?.textContent !== "");
    expect(await page.getAttribute("#field-batch", "aria-invalid")).toBe("true");
    expect(await page.innerText("#batch-error")).toContain("expected");
    await page.fill("#field-batch", "many");
    await page.waitForFunction(() =>
      document.querySelector("#batch-error")?.textContent?.includes("a number such as"),
    );
    await page.fill("#field-batch", "4M");
    await page.waitForSelector("#field-batch:not([aria-invalid])");
    await page.selectOption("#field-objective", "time", { force: true });
    await page.waitForSelector("#field-flops[aria-invalid]");
    expect(await page.innerText("#overhead-error")).toContain("stepOverheadMs");
  });

  it("starts from published runs, and explains its terms", async () => {
    const page = await open();
    await page.selectOption("#preset", "llama2-7b");
    expect(await page.inputValue("#field-tokens")).toBe("2T");
    await page.waitForFunction(() =>
      document.querySelector(".summary")?.textContent?.includes("2T"),
    );
    await drawn(page);
    await page.locator('[data-term="critical"]').first().click();
    const more = page.locator("#explanation a");
    expect(await page.innerText("#explanation")).toContain("B_c");
    await more.click();
    await page.waitForURL("**/page/method.html#three-batch-sizes-never-mixed");
    expect(await page.locator("h1").innerText()).toBe("How the answers are made");
  });

  it("its curl, TypeScript and Python run as they are copied", async () => {
    const page = await open("#params=1.3B&tokens=2e10&batch=4M");
    await drawn(page);
    const summary = await page.locator(".summary").innerText();
    const curl = await page.innerText("#code");
    expect(run("sh", ["-c", curl])).toContain(JSON.stringify(summary).slice(1, -1));
    await page.check('input[value="typescript"]');
    expect(runTypeScript(await page.innerText("#code"))).toBe(summary);
    await page.check('input[value="python"]');
    const python = findPython("json");
    if (python !== undefined) {
      expect(run(python, ["-c", await page.innerText("#code")])).toBe(summary);
    }
  });
});

describe("form", () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const view of ["recommend", "probe"] as const) {
      it(`axe-core finds nothing: ${view}, ${colorScheme}`, async () => {
        const page = await open(`#view=${view}`, { colorScheme, bypassCSP: true });
        if (view === "recommend") await drawn(page);
        else await page.waitForSelector("#plan strong");
        expect(await violations(page)).toEqual([]);
      });
    }
  }

  for (const name of ["method", "evidence"]) {
    it(`axe-core finds nothing: ${name}`, async () => {
      const page = await open(`page/${name}.html`, { bypassCSP: true });
      expect(await violations(page)).toEqual([]);
    });
  }

  for (const view of ["recommend", "probe"] as const) {
    it(`nothing scrolls sideways at 360 px: ${view}`, async () => {
      const page = await open(`#view=${view}`, { viewport: { width: 360, height: 740 } });
      if (view === "recommend") await drawn(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBeLessThanOrEqual(360);
    });
  }

  it("prints in light colors, without its controls, at the width of paper", async () => {
    const page = await open("", { colorScheme: "dark" });
    await drawn(page);
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    await page.emulateMedia({ media: "print" });
    const paper = await page.evaluate(() => ({
      background: getComputedStyle(document.body).backgroundColor,
      widest: Math.max(...[...document.querySelectorAll("canvas")].map((one) => one.clientWidth)),
      folded: document.querySelector(".warnings li")?.checkVisibility(),
    }));
    expect(paper.background).toBe("rgb(252, 252, 250)");
    expect(paper.widest).toBeLessThan(345);
    expect(paper.folded).toBe(true);
    for (const control of ["#views", "#theme", "#copy", "#preset", "#field-devices", "footer"]) {
      expect(await page.locator(control).isVisible()).toBe(false);
    }
    expect(await page.innerText("#address")).toContain(page.url());
    await page.emulateMedia({ media: "screen" });
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    expect(await page.getAttribute("html", "data-theme")).toBeNull();
  });

  it("every term explains itself in one line and leads to its heading", async () => {
    const page = await open();
    await drawn(page);
    const asked = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("#recommend-view [data-term]")].map((one) => {
        one.click();
        const popover = document.querySelector<HTMLElement>("#explanation");
        return [popover?.querySelector("p")?.textContent, popover?.querySelector("a")?.href];
      }),
    );
    expect(asked.length).toBeGreaterThan(25);
    const method = await open("page/method.html");
    for (const [line = "", link = ""] of asked) {
      expect(line).toMatch(/^[A-Z][^\n]{20,130}\.$/);
      expect(await method.locator(new URL(link ?? "").hash).count()).toBe(1);
    }
  });

  it("the keyboard alone skips to the answer, asks what a term means and comes back", async () => {
    const page = await open("#params=3B&tokens=60B&batch=2M");
    await drawn(page);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("answer");
    // The question has stayed as it was.
    expect(await page.inputValue("#field-params")).toBe("3B");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.locator("#explanation").isVisible()).toBe(true);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("explanation");
    await page.keyboard.press("Escape");
    const back = await page.evaluate(() => document.activeElement?.getAttribute("data-term"));
    expect(back).toBe("batch");
  });

  it("keeps the colors that the reader chose", async () => {
    const page = await open("", { colorScheme: "light" });
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    await page.click("#theme");
    const dark = await paper();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await paper()).toBe(dark);
  });
});

function run(program: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    ...(cwd !== undefined && { cwd }),
  });
  expect(`${status} ${stderr}`).toBe("0 ");
  return stdout.trim();
}

/** With the built package as an installed one. */
function runTypeScript(code: string): string {
  const folder = mkdtempSync(join(tmpdir(), "critbatch-snippet-"));
  try {
    const installed = join(folder, "node_modules", "critbatch");
    for (const [path, text] of buildPackage()) {
      const file = join(installed, "dist", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    copyFileSync(new URL("package.json", SDK_FOLDER), join(installed, "package.json"));
    writeFileSync(join(folder, "ask.mts"), code);
    return run(process.execPath, ["ask.mts"], folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
