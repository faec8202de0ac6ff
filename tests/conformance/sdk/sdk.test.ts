import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VERSION } from "../../../sdk/index.ts";
import { callEverything } from "./calls.ts";
import { RUNTIMES } from "./runtimes.ts";
import { type LocalService, startService } from "./service.ts";

let service: LocalService;
let fromSource: unknown;

beforeAll(async () => {
  service = await startService();
  const endings = await callEverything(service.url, `${service.url}/faulty`);
  fromSource = JSON.parse(JSON.stringify(endings));
});
afterAll(() => service?.stop());

it("the calls end as they should", () => {
  expect(fromSource).toMatchObject({
    requestId: "conformance-1",
    attempts: 1,
    quick: { status: "recommended" },
    full: { status: "recommended" },
    price: { status: "compensable" },
    predictions: { status: "ok" },
    refused: { name: "ApiProblemError", isOurs: true, type: "/problems/validation", status: 422 },
    outcome: "/problems/validation",
    busyOnce: { answer: { status: "ok" } },
    busy: { name: "ApiProblemError", status: 503 },
    page: { name: "TransportError", isOurs: true, status: 500 },
    malformed: { name: "TransportError", status: 200 },
    dropped: { name: "TransportError", isOurs: true },
    stalled: { name: "TimeoutError", isOurs: true, limit: "attempt" },
    silent: { name: "TimeoutError", limit: "total" },
    abortedBefore: { name: "AbortError", isOurs: false },
    abortedDuring: { name: "TimeoutError", isOurs: false },
  });
});

describe("the built package ends every call just so in", () => {
  const own: Readonly<Record<string, string>> = { Node: "Node.js/", workerd: "Cloudflare-Workers" };

  it.each(RUNTIMES)("%s", async (runtime, makeCalls) => {
    service.userAgents.clear();
    expect(await makeCalls(service.url)).toEqual(fromSource);
    const named = `critbatch/${VERSION} (${own[runtime]}`;
    for (const userAgent of service.userAgents) {
      if (runtime === "Chromium") expect(userAgent).toMatch(/^Mozilla\//);
      else expect(userAgent?.startsWith(named)).toBe(true);
    }
  });
});
