import type { Fetch } from "../../sdk/index.ts";
import { createTestApp } from "../in-process-app.ts";

/** The service in this process, as the SDK reaches it. */
export function inProcess(): Fetch {
  const app = createTestApp();
  return async (url, init) => app.fetch(new Request(url, init));
}

type Step = (init: RequestInit) => Response | Promise<Response>;

export interface Scripted {
  readonly fetch: Fetch;
  /** What was asked so far. */
  readonly asked: { readonly url: string; readonly init: RequestInit }[];
}

/** Answers the first call by the first step and so on; the last step answers all the rest. */
export function scripted(...steps: readonly Step[]): Scripted {
  const asked: { url: string; init: RequestInit }[] = [];
  return {
    asked,
    fetch: async (url, init) => {
      const step = steps[Math.min(asked.length, steps.length - 1)]!;
      asked.push({ url, init });
      return step(init);
    },
  };
}

export const HEALTHY = { status: "ok", openBecause: "bound-to-loopback" };

export const answers =
  (body: unknown, init: ResponseInit = {}): Step =>
  () =>
    Response.json(body, { headers: { "X-Request-Id": "request-1" }, ...init });

export const isHealthy: Step = answers(HEALTHY);

/** A problem as the service words it. */
export const hasProblem = (
  status: number,
  slug: string,
  headers: Record<string, string> = {},
): Step =>
  answers(
    {
      type: `/problems/${slug}`,
      title: "A title",
      status,
      detail: "A detail.",
      instance: "/healthz",
      requestId: "request-1",
    },
    { status, headers: { "Content-Type": "application/problem+json", ...headers } },
  );

export const dropsConnection: Step = () => {
  throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:8787") });
};

/** Headers at once, half a body, then silence; deaf to the signal, as some stand-ins of fetch are. */
export const stallsInBody: Step = () =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"status":')),
    }),
    { headers: { "X-Request-Id": "request-1" } },
  );

/** Headers and half a body, then the connection is cut. */
export const cutsBody: Step = () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"status":'));
        controller.error(new Error("other side closed"));
      },
    }),
  );

export const never: Step = () => new Promise<Response>(() => undefined);

/** Settles when the signal aborts, as real fetch does. */
export const listensToSignal: Step = ({ signal }) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
