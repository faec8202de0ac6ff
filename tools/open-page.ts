// The built service and a Chromium beside it, for tests, the bench and the screenshots.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { findChromium } from "./find-chromium.ts";
import { runWorker } from "./run-worker.ts";

export interface OpenedService {
  readonly origin: string;
  readonly browser: Browser;
  readonly close: () => Promise<void>;
}

/** Starts both; the service keeps its state in a folder that goes when it is closed. */
export async function openService(): Promise<OpenedService> {
  const stateFolder = mkdtempSync(join(tmpdir(), "critbatch-browser-"));
  const worker = await runWorker({
    host: "127.0.0.1",
    port: 0,
    persistTo: stateFolder,
    variables: { BOUND_TO_LOOPBACK: "1" },
  });
  const close = async () => {
    await worker.stop();
    rmSync(stateFolder, { recursive: true, force: true });
  };
  try {
    const browser = await chromium.launch({
      executablePath: findChromium() ?? "",
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    });
    return {
      origin: worker.url.origin,
      browser,
      close: async () => {
        await browser.close();
        await close();
      },
    };
  } catch (failure) {
    await close();
    throw failure;
  }
}
