import { Critbatch, type Fetch, type ProbeRequest } from "../../sdk/index.ts";
import { run } from "./run-line.ts";
import { type Cut, runningService } from "./running-service.ts";

export const ESCAPE = "\u001b[";
const REQUEST = {
  experiment: "critical-batch",
  task: {
    kind: "teacher",
    inputFeatures: 4,
    classes: 2,
    trainExamples: 512,
    validationExamples: 64,
  },
  model: { kind: "mlp", hiddenWidths: [8], activation: "tanh" },
  seeds: 1,
  budgetFlops: 2e8,
} satisfies ProbeRequest;
export const SPEC = JSON.stringify(REQUEST);
export const files = { "spec.json": SPEC };
export const BASE_URL = "http://127.0.0.1:8787";

export const { fetch } = runningService();
/** A service on which nothing is stored yet. */
export const anew = (cut?: Cut) => runningService({ ...(cut && { cut }) });
/** One whose cells are never run. */
export const idle = () => runningService({ deliver: () => undefined });
export const clientOf = (service: { readonly fetch: Fetch }) =>
  new Critbatch({ fetch: service.fetch, baseUrl: BASE_URL });

/** The bodies that a command line sends; the service is not asked. */
export async function asked(line: string, around: Parameters<typeof run>[1] = {}) {
  const bodies: Record<string, unknown>[] = [];
  const fetch: Fetch = async (_url, init) => {
    bodies.push(JSON.parse(String(init.body)));
    throw new Error("enough");
  };
  await run(`${line} --retries 0`, { ...around, fetch });
  return bodies[0];
}

/** Calls back at the first events of a probe. */
export function atFirstEvents(then: () => unknown): Cut {
  return (response, url) => {
    if (!url.endsWith("/events")) return response;
    const told = new TransformStream<Uint8Array, Uint8Array>({
      async transform(chunk, controller) {
        controller.enqueue(chunk);
        await then();
      },
    });
    return new Response(response.body?.pipeThrough(told), response);
  };
}

export const idIn = (text: string) => /[0-9a-f]{32}/.exec(text)?.[0] ?? "";
