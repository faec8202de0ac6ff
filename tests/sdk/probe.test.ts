import { describe, expect, it } from "vitest";
import {
  ApiProblemError,
  type ProbeProgress,
  type ProbeRequest,
  planProbe,
  probe,
  TransportError,
} from "../../sdk/index.ts";
import { dropsConnection, hasProblem, inProcess, scripted } from "./fetches.ts";

const baseUrl = "http://localhost";
const client = { fetch: inProcess(), baseUrl };
const TINY: ProbeRequest = {
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
};

const streams = (...chunks: readonly string[]) =>
  scripted(
    () =>
      new Response(
        new ReadableStream({
          start(controller) {
            for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
            controller.close();
          },
        }),
        { headers: { "Content-Type": "text/event-stream" } },
      ),
  );

describe("a probe", () => {
  it("tells of its progress and answers the result, the same every time", async () => {
    const told: ProbeProgress[] = [];
    const answer = await probe(client, TINY, { onProgress: (progress) => told.push(progress) });
    expect(answer).toMatchObject({ status: "succeeded", experiment: "critical-batch" });
    expect(told.length).toBeGreaterThan(3);
    expect(await probe(client, TINY)).toEqual(answer);
  });

  it("is planned without being run", async () => {
    expect(await planProbe(client, TINY)).toMatchObject({ status: "planned", withinLimit: true });
  });

  it("reads events that arrive in pieces", async () => {
    const { fetch } = streams("event: resu", 'lt\ndata: {"status":"succe', 'eded"}\nid: 1\n', "\n");
    expect(await probe({ fetch, baseUrl }, TINY)).toEqual({ status: "succeeded" });
  });

  it("is a transport error when the stream ends early or the service fails", async () => {
    const failed = 'event: failed\ndata: {"requestId":"request-1"}\nid: 1\n\n';
    for (const { fetch } of [streams(), streams(failed)]) {
      await expect(probe({ fetch, baseUrl }, TINY)).rejects.toThrow(TransportError);
    }
  });

  it("is not retried unless asked to", async () => {
    for (const step of [dropsConnection, hasProblem(503, "busy", { "Retry-After": "0" })]) {
      const { fetch, asked } = scripted(step);
      await probe({ fetch, baseUrl }, TINY).catch(() => undefined);
      expect(asked).toHaveLength(1);
    }
  });

  it("throws the problem of a probe that may not run", async () => {
    const dear: ProbeRequest = { experiment: "critical-batch", task: { kind: "teacher" } };
    await expect(probe(client, dear)).rejects.toThrow(ApiProblemError);
  });

  it("ends with the reason of an aborted signal", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const onProgress = () => controller.abort(reason);
    const fresh = { ...TINY, fresh: true };
    const running = probe(client, fresh, { onProgress, signal: controller.signal });
    await expect(running).rejects.toBe(reason);
  });
});
