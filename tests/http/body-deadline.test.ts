import { describe, expect, it } from "vitest";
import { inTime, steadily } from "../../api/http/body/deadline.ts";
import { createTestApp, ORIGIN } from "../in-process-app.ts";

/** A body that sends so many bytes at intervals, and then nothing more. */
function trickle(parts: number, everyMs: number, close = false): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      if (sent < parts) controller.enqueue(new Uint8Array([97]));
      else if (close) controller.close();
      else await new Promise(() => undefined);
      sent += 1;
    },
  });
}

const textOf = (stream: ReadableStream<Uint8Array>) => new Response(stream).text();

describe("a body that keeps coming", () => {
  it("is passed on as it is", async () => {
    const { stream, isLate } = steadily(trickle(3, 1, true), 1000);
    expect(await textOf(stream)).toBe("aaa");
    expect(isLate()).toBe(false);
  });

  it("is given up once it falls behind, whether it stands still or trickles", async () => {
    for (const parts of [0, 1000]) {
      const { stream, isLate } = steadily(trickle(parts, 5), 50);
      const begun = performance.now();
      await expect(textOf(stream)).rejects.toThrow("not arrived in time");
      expect(performance.now() - begun).toBeLessThan(1000);
      expect(isLate()).toBe(true);
    }
  });

  it("of a JSON call that is read in time is passed on, and its failure too", async () => {
    expect(await inTime(Promise.resolve("whole"), 10)).toBe("whole");
    await expect(inTime(Promise.reject(new Error("broken off")), 10)).rejects.toThrow("broken off");
  });
});

describe("uploads", () => {
  const app = createTestApp({ bodyGraceMs: 100 });
  const upload = (body: BodyInit, headers: Record<string, string> = {}) =>
    app.request(`${ORIGIN}/v1/datasets`, {
      method: "POST",
      headers: { "Content-Type": "text/plain", ...headers },
      body,
      duplex: "half",
    } as RequestInit);

  it("that stand still are ended with 408 and free their places", async () => {
    const slow = [upload(trickle(1, 10)), upload(trickle(0, 10), { "Content-Encoding": "gzip" })];
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await upload("meanwhile")).status).toBe(503);
    for (const response of await Promise.all(slow)) {
      expect(response.status).toBe(408);
      expect(await response.json()).toMatchObject({ type: "/problems/body-timeout" });
    }
    expect((await upload("afterwards")).status).toBe(201);
  });

  it("that announce too much and send nothing are ended too", async () => {
    const response = await upload(trickle(0, 10), { "Content-Length": "20000000" });
    expect(response.status).toBe(408);
  });
});
