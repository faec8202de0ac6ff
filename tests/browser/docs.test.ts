import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findChromium } from "../../tools/find-chromium.ts";
import { type RunningWorker, runWorker } from "../../tools/run-worker.ts";
import { OPERATIONS } from "../contract/document.ts";

const stateFolder = mkdtempSync(join(tmpdir(), "critbatch-browser-"));
let worker: RunningWorker;
let browser: Browser;

beforeAll(async () => {
  worker = await runWorker({
    host: "127.0.0.1",
    port: 0,
    persistTo: stateFolder,
    variables: { BOUND_TO_LOOPBACK: "1" },
  });
  browser = await chromium.launch({
    executablePath: findChromium() ?? "",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
});

afterAll(async () => {
  await browser?.close();
  await worker?.stop();
  rmSync(stateFolder, { recursive: true, force: true });
});

it("the reference page shows every operation, asks nobody else and logs no error", async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const elsewhere: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("requestfailed", (request) => complaints.push(`failed ${request.url()}`));
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && origin !== worker.url.origin) elsewhere.push(request.url());
  });

  await page.goto(`${worker.url.origin}/docs`);
  await page.waitForSelector(".opblock");
  const shown = await page.locator(".opblock-summary-path").allInnerTexts();
  const paths = shown.map((text) => text.replaceAll("\u200b", ""));
  expect(paths.toSorted()).toEqual(OPERATIONS.map(({ path }) => path).toSorted());

  await page.locator("#operations-laws-createLawPredictions .opblock-summary").click();
  await page.waitForSelector("#operations-laws-createLawPredictions .responses-wrapper");
  expect(complaints).toEqual([]);
  expect(elsewhere).toEqual([]);
});

it("a problem's page is readable text without scripts", async () => {
  const page = await browser.newPage();
  await page.goto(`${worker.url.origin}/problems/validation`);
  expect(await page.locator("h1").innerText()).toBe("The request is readable but not valid");
  expect(await page.locator("script").count()).toBe(0);
});
