import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type OpenedService, openService } from "../../tools/open-page.ts";

type Open = (hash?: string, options?: BrowserContextOptions) => Promise<Page>;

/** Opens pages of one service for the tests of a file: none may log an error or ask anybody else. */
export function usePages(): Open {
  let service: OpenedService;
  const complaints: string[] = [];
  let pages: Page[] = [];
  beforeAll(async () => {
    service = await openService();
  });
  afterAll(() => service?.close());
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.context().close()));
    pages = [];
    expect(complaints.splice(0)).toEqual([]);
  });
  return async (hash = "", options = {}) => {
    const context = await service.browser.newContext(options);
    const page = await context.newPage();
    pages.push(page);
    complainAbout(page, service.origin, complaints);
    await page.goto(`${service.origin}/${hash}`);
    return page;
  };
}

function complainAbout(page: Page, ownOrigin: string, complaints: string[]): void {
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // The refusals that the tests provoke are told by the browser itself, as failed loads.
    const refused = message.text().includes("422");
    if (["error", "warning"].includes(message.type()) && !refused) complaints.push(message.text());
  });
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && origin !== ownOrigin) complaints.push(request.url());
  });
}
