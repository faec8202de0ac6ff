import { afterAll, beforeAll, expect, it } from "vitest";
import { type OpenedService, openService } from "../../tools/open-page.ts";
import { OPERATIONS } from "../contract/document.ts";

let service: OpenedService;

beforeAll(async () => {
  service = await openService();
});
afterAll(() => service?.close());

it("the reference page shows every operation, asks nobody else and logs no error", async () => {
  const page = await service.browser.newPage();
  const complaints: string[] = [];
  const elsewhere: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("requestfailed", (request) => complaints.push(`failed ${request.url()}`));
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && origin !== service.origin) elsewhere.push(request.url());
  });

  await page.goto(`${service.origin}/docs`);
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
  const page = await service.browser.newPage();
  await page.goto(`${service.origin}/problems/validation`);
  expect(await page.locator("h1").innerText()).toBe("The request is not valid");
  expect(await page.locator("script").count()).toBe(0);
});
