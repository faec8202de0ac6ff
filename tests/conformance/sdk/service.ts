import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createTestApp } from "../../in-process-app.ts";

export interface LocalService {
  readonly url: string;
  /** The User-Agent of every request to the service proper since it was last cleared. */
  readonly userAgents: Set<string | undefined>;
  readonly stop: () => Promise<void>;
}

/** The service in this process on a port, with one that has faults below /faulty/. */
export async function startService(): Promise<LocalService> {
  const app = createTestApp();
  const userAgents = new Set<string | undefined>();
  const fail = faults();
  const server = createServer(async (request, response) => {
    const [, door, fault = ""] = (request.url ?? "").split("/");
    if (door === "faulty") return fail(fault, response);
    userAgents.add(request.headers["user-agent"]);
    const answer = await app.fetch(await webRequest(request));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    userAgents,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function webRequest(request: IncomingMessage): Promise<Request> {
  const { method = "GET", url = "/", headers } = request;
  const body = await buffer(request);
  return new Request(`http://${headers.host}${url}`, {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]),
    body: body.byteLength === 0 ? null : body,
  });
}

const OPEN = { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After" };
const JSON_TYPE = { ...OPEN, "Content-Type": "application/json" };
const HEALTHY = JSON.stringify({ status: "ok", openBecause: "allow-open" });
const BUSY = JSON.stringify({
  type: "/problems/not-configured",
  title: "A title",
  status: 503,
  detail: "A detail.",
  instance: "/healthz",
  requestId: "request-1",
});

/** One fault for each name. */
function faults(): (fault: string, response: ServerResponse) => void {
  const busyHeaders = { ...OPEN, "Content-Type": "application/problem+json", "Retry-After": "0" };
  let isBusy = false;
  return (fault, response) => {
    switch (fault) {
      case "busy-once":
        isBusy = !isBusy;
        if (isBusy) response.writeHead(503, busyHeaders).end(BUSY);
        else response.writeHead(200, JSON_TYPE).end(HEALTHY);
        return;
      case "busy":
        response.writeHead(503, busyHeaders).end(BUSY);
        return;
      case "page":
        response.writeHead(500, { ...OPEN, "Content-Type": "text/html" }).end("<h1>Sorry</h1>");
        return;
      case "malformed":
        response.writeHead(200, JSON_TYPE).end('{"status":');
        return;
      case "dropped":
        response.socket?.destroy();
        return;
      case "stalled":
        response.writeHead(200, JSON_TYPE).write('{"status":');
        return;
      case "silent":
        return;
      default:
        response.writeHead(404).end();
    }
  };
}
