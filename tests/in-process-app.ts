import { createApp } from "../api/app.ts";
import { parseAccess, parseStorageLimits } from "../api/env.ts";
import type { App, AppDeps } from "../api/http/operation.ts";
import { fusedProbeEngine } from "../api/probe/engines/fused/probe-engine.ts";
import openApiDocument from "../schemas/openapi.json";
import type { LocalPlatform } from "./local-platform.ts";
import { seededPlatform } from "./seeded-platform.ts";

let made = 0;

/** The engine as the tests in Node load it; workerd compiles no bytes and brings its own. */
async function loadEngineInNode() {
  const { readFile } = await import("node:fs/promises");
  const bytes = await readFile(new URL("../build/kernels.wasm", import.meta.url));
  return fusedProbeEngine(await WebAssembly.compile(bytes), async () => {
    const { createTfjsEngine } = await import("../build/tfjs-engine.mjs");
    const wasm = await readFile(new URL("../build/tfjs-kernels.wasm", import.meta.url));
    return createTfjsEngine(await WebAssembly.compile(wasm));
  });
}

// Enough for every example of the contract, and too little for most of what a fuzzer thinks of.
const TEST_REQUEST_FLOPS = 3e8;

/** Jobs, data sets and records that are kept in this process, made when first asked for. */
function lazilyStored(): AppDeps["stored"] {
  const limits = { ...parseStorageLimits({}), jobFlops: TEST_REQUEST_FLOPS };
  let made: Promise<LocalPlatform> | undefined;
  const local = () => {
    made ??= seededPlatform({ loadEngine: loadEngineInNode, limits });
    return made;
  };
  const late = <T extends object>(part: (platform: LocalPlatform["platform"]) => T): T =>
    new Proxy({} as T, {
      get:
        (_none, name) =>
        async (...args: readonly unknown[]) => {
          const target = part((await local()).platform);
          const method = target[name as keyof T] as (...args: readonly unknown[]) => unknown;
          return method.apply(target, [...args]);
        },
    });
  return {
    of: (owner) => ({
      jobs: late((platform) => platform.of(owner).jobs),
      datasets: late((platform) => platform.of(owner).datasets),
      idempotency: late((platform) => platform.of(owner).idempotency),
    }),
    limits,
  };
}

/** The app without a server, bound to loopback unless told otherwise; faults are rethrown as text. */
export function createTestApp(overrides: Partial<AppDeps> = {}): App {
  return createApp({
    access: parseAccess({ BOUND_TO_LOOPBACK: "1" }),
    loadOpenApiDocument: async () => openApiDocument,
    newRequestId: () => `made-${++made}`,
    fetchAsset: (path) => Promise.resolve(new Response(`the file ${path}`)),
    probes: { loadEngine: loadEngineInNode, requestFlops: TEST_REQUEST_FLOPS },
    stored: lazilyStored(),
    reportFault: (requestId, fault) => console.error(requestId, fault),
    ...overrides,
  });
}

export const ORIGIN = "http://localhost";

/** A POST of JSON, or of the text as it stands. */
export function jsonPost(
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): RequestInit {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}
