import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  ApiProblemError,
  type CallEvent,
  type ClientOptions,
  Critbatch,
  TimeoutError,
  TransportError,
} from "../../sdk/index.ts";
import {
  answers,
  cutsBody,
  dropsConnection,
  HEALTHY,
  hasProblem,
  isHealthy,
  listensToSignal,
  never,
  type Scripted,
  scripted,
  stallsInBody,
} from "./fetches.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Ending {
  readonly answer?: unknown;
  readonly error?: unknown;
  readonly elapsedMs: number;
}

/** Runs the call on the fake clock to its end. */
async function endOf(
  { fetch }: Scripted,
  options: ClientOptions = {},
  signal?: AbortSignal,
): Promise<Ending> {
  const startMs = performance.now();
  const client = new Critbatch({ fetch, ...options });
  const call = client.getHealth(signal === undefined ? {} : { signal }).then(
    (answer) => ({ answer, elapsedMs: performance.now() - startMs }),
    (error: unknown) => ({ error, elapsedMs: performance.now() - startMs }),
  );
  await vi.runAllTimersAsync();
  return call;
}

describe("another attempt mends", () => {
  it.each([
    ["a dropped connection", dropsConnection],
    ["a body that is cut", cutsBody],
    ["a body that stalls", stallsInBody],
    ["no answer at all", never],
    ["408", hasProblem(408, "request-timeout")],
    ["429", hasProblem(429, "too-many-requests")],
    ["502", hasProblem(502, "bad-gateway")],
    ["503", hasProblem(503, "not-configured")],
    ["504 with an HTML page", answers("<html>", { status: 504 })],
    ["409 with Retry-After", hasProblem(409, "in-progress", { "Retry-After": "1" })],
  ])("%s", async (_name, fault) => {
    const script = scripted(fault, fault, isHealthy);
    expect((await endOf(script)).answer).toEqual(HEALTHY);
    expect(script.asked).toHaveLength(3);
  });
});

describe("no other attempt is made after", () => {
  it.each([
    ["400", hasProblem(400, "malformed-json")],
    ["404", hasProblem(404, "not-found")],
    ["409 without Retry-After", hasProblem(409, "in-progress")],
    ["422", hasProblem(422, "validation")],
    ["500", hasProblem(500, "internal")],
    ["an answer that is no JSON", answers("x", { status: 200 })],
  ])("%s", async (_name, fault) => {
    const script = scripted(fault, isHealthy);
    await endOf(script);
    expect(script.asked).toHaveLength(1);
  });
});

describe("what is thrown in the end", () => {
  it("a dropped connection: a TransportError that says why, after three attempts", async () => {
    const script = scripted(dropsConnection);
    const { error } = await endOf(script);
    expect(error).toBeInstanceOf(TransportError);
    expect((error as Error).message).toBe(
      "no answer to GET http://127.0.0.1:8787/healthz: connect ECONNREFUSED 127.0.0.1:8787",
    );
    expect((error as Error).cause).toBeInstanceOf(TypeError);
    expect(script.asked).toHaveLength(3);
  });

  it("a slow body: a TimeoutError of the attempt, which is a TransportError too", async () => {
    const { error, elapsedMs } = await endOf(scripted(stallsInBody), {
      retries: 0,
      attemptTimeoutMs: 700,
    });
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ name: "TimeoutError", limit: "attempt", timeoutMs: 700 });
    expect(elapsedMs).toBe(700);
  });

  it("malformed JSON: a TransportError with status, request id and the parser's word", async () => {
    const { error } = await endOf(
      scripted(() => new Response('{"status":', { headers: { "X-Request-Id": "request-1" } })),
    );
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ status: 200, requestId: "request-1" });
    expect((error as Error).cause).toBeInstanceOf(SyntaxError);
  });

  it("an HTML error page: a TransportError that names status and type, not a problem", async () => {
    const headers = { "Content-Type": "text/html" };
    const page = () => new Response("<h1>Bad gateway</h1>", { status: 502, headers });
    const { error } = await endOf(scripted(page));
    expect(error).toBeInstanceOf(TransportError);
    expect(error).not.toBeInstanceOf(ApiProblemError);
    expect((error as Error).message).toContain("502 with what is no JSON (text/html)");
  });

  it("JSON that is no problem under an error status: a TransportError", async () => {
    const { error } = await endOf(scripted(answers({ message: "no" }, { status: 403 })));
    expect(error).toMatchObject({ name: "TransportError", status: 403 });
  });

  it("503 to the last: the problem with what the service asked to wait", async () => {
    const script = scripted(hasProblem(503, "not-configured", { "Retry-After": "2" }));
    const { error } = await endOf(script);
    expect(error).toMatchObject({ name: "ApiProblemError", status: 503, retryAfterMs: 2000 });
    expect(script.asked).toHaveLength(3);
  });
});

describe("waits between attempts", () => {
  it("grow from half a second, less up to a quarter at random", async () => {
    const delays: number[] = [];
    const logger = (event: CallEvent) => {
      if (event.kind === "retry") delays.push(event.delayMs);
    };
    await endOf(scripted(dropsConnection), { logger, retries: 6, totalTimeoutMs: 1e6 });
    const longest = [500, 1000, 2000, 4000, 8000, 8000];
    expect(delays).toHaveLength(6);
    delays.forEach((delayMs, index) => {
      expect(delayMs).toBeLessThanOrEqual(longest[index]!);
      expect(delayMs).toBeGreaterThan(0.75 * longest[index]! - 1e-9);
    });
  });

  it("follow Retry-After in seconds to the letter", async () => {
    const script = scripted(hasProblem(429, "too-many", { "Retry-After": "7" }), isHealthy);
    const { answer, elapsedMs } = await endOf(script);
    expect(answer).toEqual(HEALTHY);
    expect(elapsedMs).toBe(7000);
  });

  it("follow Retry-After as a date", async () => {
    vi.setSystemTime(new Date("2026-11-23T10:00:00Z"));
    const date = "Mon, 23 Nov 2026 10:00:05 GMT";
    const script = scripted(hasProblem(503, "busy", { "Retry-After": date }), isHealthy);
    expect((await endOf(script)).elapsedMs).toBe(5000);
  });

  it("fall back to their own length where Retry-After cannot be read", async () => {
    const script = scripted(hasProblem(503, "busy", { "Retry-After": "soon" }), isHealthy);
    const { elapsedMs } = await endOf(script);
    expect(elapsedMs).toBeGreaterThanOrEqual(375);
    expect(elapsedMs).toBeLessThanOrEqual(500);
  });

  it("do not last longer than the caller allows: the problem comes at once", async () => {
    const script = scripted(hasProblem(503, "busy", { "Retry-After": "60" }), isHealthy);
    const { error, elapsedMs } = await endOf(script);
    expect(error).toMatchObject({ status: 503, retryAfterMs: 60_000 });
    expect(elapsedMs).toBe(0);
  });

  it("do not outlast the call: a wait that would is not begun", async () => {
    const script = scripted(hasProblem(503, "busy", { "Retry-After": "7" }), isHealthy);
    const { error, elapsedMs } = await endOf(script, { totalTimeoutMs: 5000 });
    expect(error).toMatchObject({ status: 503 });
    expect(elapsedMs).toBe(0);
  });

  it("are none with retries: 0", async () => {
    const script = scripted(dropsConnection, isHealthy);
    expect((await endOf(script, { retries: 0 })).error).toBeInstanceOf(TransportError);
    expect(script.asked).toHaveLength(1);
  });
});

describe("time and the caller's signal", () => {
  it("the total limit ends a call whose attempts never end, deaf to the signal or not", async () => {
    for (const step of [never, listensToSignal]) {
      const options = { attemptTimeoutMs: Number.POSITIVE_INFINITY, totalTimeoutMs: 9000 };
      const { error, elapsedMs } = await endOf(scripted(step), options);
      expect(error).toMatchObject({ name: "TimeoutError", limit: "total", timeoutMs: 9000 });
      expect(elapsedMs).toBe(9000);
    }
  });

  it("an aborted signal before the start: nothing is sent, its reason is thrown", async () => {
    const script = scripted(isHealthy);
    const reason = new Error("changed my mind");
    expect((await endOf(script, {}, AbortSignal.abort(reason))).error).toBe(reason);
    expect(script.asked).toHaveLength(0);
  });

  it("without a reason of its own it throws the platform's AbortError", async () => {
    const { error } = await endOf(scripted(isHealthy), {}, AbortSignal.abort());
    expect(error).toMatchObject({ name: "AbortError" });
  });

  it.each([
    ["that listens", listensToSignal],
    ["that does not", never],
    ["in its body", stallsInBody],
  ])("an abort during an attempt %s ends the call at once and for good", async (_name, step) => {
    const script = scripted(step, isHealthy);
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 40);
    const { error, elapsedMs } = await endOf(script, {}, controller.signal);
    expect(error).toBe("enough");
    expect(elapsedMs).toBe(40);
    expect(script.asked).toHaveLength(1);
    expect(script.asked[0]?.init.signal?.aborted).toBe(true);
  });

  it("an abort between attempts ends the wait at once", async () => {
    const script = scripted(hasProblem(503, "busy", { "Retry-After": "20" }), isHealthy);
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 3000);
    const { error, elapsedMs } = await endOf(script, {}, controller.signal);
    expect(error).toBe("enough");
    expect(elapsedMs).toBe(3000);
    expect(script.asked).toHaveLength(1);
  });

  it("a finished call leaves no timer and no listener behind", async () => {
    const controller = new AbortController();
    const added = vi.spyOn(controller.signal, "addEventListener");
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    const client = new Critbatch({ fetch: scripted(dropsConnection, isHealthy).fetch });
    const call = client.getHealth({ signal: controller.signal });
    await vi.advanceTimersByTimeAsync(500);
    await call;
    expect(vi.getTimerCount()).toBe(0);
    expect(added).toHaveBeenCalledTimes(removed.mock.calls.length);
  });
});

describe("the logger", () => {
  it("is told of attempts, failures, retries and answers in order", async () => {
    const events: CallEvent[] = [];
    await endOf(scripted(dropsConnection, isHealthy), { logger: (event) => events.push(event) });
    const seen = events.map(({ kind, attempt }) => `${kind} ${attempt}`);
    expect(seen).toEqual(["attempt 1", "failure 1", "retry 1", "attempt 2", "answer 2"]);
    expect(events.at(-1)).toMatchObject({ method: "GET", status: 200, requestId: "request-1" });
  });

  it("cannot break the call", async () => {
    const logger = () => {
      throw new Error("disk full");
    };
    expect((await endOf(scripted(isHealthy), { logger })).answer).toEqual(HEALTHY);
  });
});
