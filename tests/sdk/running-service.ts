import type { Fetch } from "../../sdk/index.ts";
import { createTestApp } from "../in-process-app.ts";
import { engine } from "../jobs/fixtures.ts";
import { localPlatform } from "../local-platform.ts";

/** What becomes of a response on its way. */
export type Cut = (response: Response, url: string) => Response;

type PlatformOptions = Parameters<typeof localPlatform>[0];

interface ServiceOptions extends Partial<Pick<PlatformOptions, "limits" | "deliver">> {
  readonly cut?: Cut;
  /** Largest ceiling of a probe inside a request. */
  readonly requestFlops?: number;
}

/** The service in this process, whose jobs run, and whose connections are cut as `cut` says. */
export function runningService({
  cut = (response) => response,
  requestFlops = 3e8,
  ...options
}: ServiceOptions = {}) {
  const local = localPlatform({ loadEngine: async () => engine, ...options });
  const { platform, limits } = local;
  const app = createTestApp({
    stored: { ...platform, limits },
    probes: { loadEngine: async () => engine, requestFlops },
  });
  const asked: { readonly method: string; readonly url: string; readonly last: string | null }[] =
    [];
  const fetch: Fetch = async (url, init) => {
    const last = new Headers(init.headers).get("Last-Event-ID");
    asked.push({ method: init.method ?? "GET", url, last });
    return cut(await app.fetch(new Request(url, init)), url);
  };
  return { fetch, asked, local };
}

/** Lets so many chunks of an event stream through and breaks the connection. */
export function afterChunks(most: number): Cut {
  return (response, url) => {
    if (!url.endsWith("/events") || response.body === null) return response;
    const reader = response.body.getReader();
    let chunks = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        if (++chunks > most) return controller.error(new Error("connection reset"));
        controller.enqueue(value);
      },
    });
    return new Response(body, response);
  };
}
