import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseAccess } from "../../api/env.ts";
import { PROBLEM_SLUGS, type Problem } from "../../schemas/service/problem.ts";
import { createTestApp, jsonPost, ORIGIN } from "../in-process-app.ts";

const PREDICTIONS = "/v1/laws/li2025-step-law/predictions";
const NOISE = { unit: "sequences", reduction: "mean", clipped: false };
const QUESTION = { nonEmbeddingParams: 1e9, trainingTokens: 2e10 };

const call = (path: string, init?: RequestInit) =>
  exports.default.fetch(new Request(`${ORIGIN}${path}`, init));

async function expectProblem(response: Response, status: number, slug: string): Promise<Problem> {
  expect(response.status).toBe(status);
  expect(response.headers.get("Content-Type")).toBe("application/problem+json");
  const problem = (await response.json()) as Problem;
  expect(problem).toMatchObject({ type: `/problems/${slug}`, status });
  expect(problem.requestId).toBe(response.headers.get("X-Request-Id"));
  return problem;
}

describe("problems", () => {
  it("an unknown path is a 404", async () => {
    await expectProblem(await call("/v1/nothing"), 404, "not-found");
    await expectProblem(await call("/v1/laws/"), 404, "not-found");
    await expectProblem(await call("/v1/laws/no-such-law"), 404, "not-found");
    await expectProblem(await call("/docs/..%2fsecret"), 404, "not-found");
  });

  it("a known path with another method is a 405 with Allow", async () => {
    const response = await call("/v1/laws", { method: "DELETE" });
    expect(response.headers.get("Allow")).toBe("GET, HEAD, OPTIONS");
    await expectProblem(response, 405, "method-not-allowed");
    expect((await call(PREDICTIONS)).headers.get("Allow")).toBe("POST, OPTIONS");
  });

  it("an Accept header without JSON is a 406, and q=0 counts as without", async () => {
    for (const accept of ["text/html", "application/json;q=0", "application/xml, text/*;q=0.9"]) {
      const response = await call("/v1/laws", { headers: { Accept: accept } });
      await expectProblem(response, 406, "not-acceptable");
    }
    for (const accept of ["*/*", "application/*", "text/html, application/json;q=0.1"]) {
      expect((await call("/v1/laws", { headers: { Accept: accept } })).status).toBe(200);
    }
  });

  it.each(["", "{", "NaN", "{'a': 1}", "[1,]", "\u0000"])("the body %j is a 400", async (body) => {
    await expectProblem(await call(PREDICTIONS, jsonPost(body)), 400, "malformed-json");
  });

  it("a body that is not declared as JSON is a 415 before it is read", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"]) {
      const response = await call(PREDICTIONS, jsonPost("{", { "Content-Type": type }));
      await expectProblem(response, 415, "unsupported-media-type");
    }
    const latin = jsonPost(QUESTION, { "Content-Type": "application/json; charset=latin1" });
    await expectProblem(await call(PREDICTIONS, latin), 415, "unsupported-media-type");
    const utf8 = jsonPost(QUESTION, { "Content-Type": "application/json; charset=UTF-8" });
    expect((await call(PREDICTIONS, utf8)).status).toBe(200);
  });

  it("a body above 1 MiB is a 413, announced or not", async () => {
    const large = JSON.stringify({ text: "x".repeat(1_048_576) });
    await expectProblem(await call(PREDICTIONS, jsonPost(large)), 413, "body-too-large");
    const response = await call(PREDICTIONS, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: chunked(large),
    });
    await expectProblem(response, 413, "body-too-large");
  });

  it("10,000 observations with full digits and long names are answered, and more than 4 MiB is a 413", async () => {
    const named = "é".repeat(50);
    const observations = Array.from({ length: 10_000 }, (_, index) => ({
      step: 1_000_000 + Math.floor(index / 2),
      reporter: `${named}${index % 2}`,
      smallBatch: 8,
      bigBatch: 256,
      smallBatchGradSqNorm: 1.4 + Math.sin(index) / 10,
      bigBatchGradSqNorm: 0.2 + Math.cos(index) / 100,
      smallBatchCount: 32,
    }));
    const body = JSON.stringify({ ...NOISE, observations });
    expect(new TextEncoder().encode(body).length).toBeGreaterThan(2 * 1_048_576);
    const startMs = performance.now();
    const answered = await call("/v1/noise-scale", jsonPost(body));
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect(answered.status).toBe(200);
    expect(await answered.json()).toMatchObject({ status: "resolved" });

    const large = JSON.stringify({ ...NOISE, note: "x".repeat(4_194_304) });
    const refused = await call("/v1/noise-scale", jsonPost(large));
    const { detail } = await expectProblem(refused, 413, "body-too-large");
    expect(detail).toContain("4194304");
    const limits = await call("/v1/limits");
    expect(await limits.json()).toMatchObject({
      bodyBytes: 1_048_576,
      noiseScaleBodyBytes: 4_194_304,
    });
  });

  it("a chunked body below the limit is answered like any other", async () => {
    const whole = await call(PREDICTIONS, jsonPost(QUESTION));
    const parts = await call(PREDICTIONS, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: chunked(JSON.stringify(QUESTION)),
    });
    expect(parts.status).toBe(200);
    expect(await parts.text()).toBe(await whole.text());
  });

  it("a fault shows its request id and a fixed sentence, never its message", async () => {
    const app = createTestApp({
      fetchAsset: () => Promise.reject(new Error("secret detail")),
      reportFault: () => undefined,
    });
    const problem = await expectProblem(await app.request(`${ORIGIN}/docs`), 500, "internal");
    expect(JSON.stringify(problem)).not.toContain("secret");
    expect(problem.detail).toBe(
      "The service failed on this request; report it with the request id.",
    );
  });

  it.each(PROBLEM_SLUGS)("/problems/%s explains itself to people and to programs", async (slug) => {
    const page = await call(`/problems/${slug}`, { headers: { Accept: "text/html,*/*;q=0.8" } });
    expect(page.status).toBe(200);
    expect(page.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("Vary")).toBe("Accept");
    expect(await page.text()).toContain(`<code>/problems/${slug}</code>`);
    const kind = await call(`/problems/${slug}`);
    expect(await kind.json()).toMatchObject({ type: `/problems/${slug}` });
  });
});

describe("refused places", () => {
  it("each is named by a JSON Pointer, escaped as RFC 6901 says", async () => {
    const body = { "a/b~c": 1, trainingTokens: -1, shape: { layers: 1.5, heads: "two" } };
    const problem = await expectProblem(await call(PREDICTIONS, jsonPost(body)), 422, "validation");
    const codes = Object.fromEntries(problem.errors!.map(({ pointer, code }) => [pointer, code]));
    expect(codes).toEqual({
      "/a~1b~0c": "unknown-field",
      "/trainingTokens": "too-small",
      "/shape/layers": "invalid-type",
      "/shape/heads": "invalid-type",
      "/shape/dModel": "required",
      "/shape/dFfn": "required",
      "/shape/vocabularySize": "required",
    });
  });

  it("a missing input of a law is named", async () => {
    const response = await call(PREDICTIONS, jsonPost({ nonEmbeddingParams: 1e9 }));
    const { errors } = await expectProblem(response, 422, "validation");
    expect(errors).toMatchObject([{ pointer: "/trainingTokens", code: "required" }]);
  });

  it("two parameter counts at once are refused", async () => {
    const response = await call(PREDICTIONS, jsonPost({ ...QUESTION, totalParams: 2e9 }));
    const { errors } = await expectProblem(response, 422, "validation");
    expect(errors).toMatchObject([{ pointer: "/totalParams", code: "only-one-of" }]);
  });

  it("unknown and repeated query parameters are named with a question mark", async () => {
    for (const query of ["?a=1", "?a=1&a=2", "?__proto__=1", "?%61=1", "?constructor"]) {
      const response = await call(`/v1/laws${query}`);
      const { errors } = await expectProblem(response, 422, "validation");
      expect(errors![0]!.pointer).toMatch(/^\?/);
    }
  });

  it("a request pinned to another model version is refused", async () => {
    const response = await call(PREDICTIONS, jsonPost({ ...QUESTION, modelVersion: "1999" }));
    const { errors } = await expectProblem(response, 422, "validation");
    expect(errors).toMatchObject([{ pointer: "/modelVersion", code: "unknown-model-version" }]);
    const version = (await call("/healthz")).headers.get("Model-Version");
    const pinned = await call(PREDICTIONS, jsonPost({ ...QUESTION, modelVersion: version }));
    expect(pinned.status).toBe(200);
  });
});

describe("entity tags", () => {
  it("the same question gives the same bytes under the same strong tag", async () => {
    const [first, second] = [
      await call(PREDICTIONS, jsonPost(QUESTION)),
      await call(PREDICTIONS, jsonPost(QUESTION)),
    ];
    expect(first.headers.get("ETag")).toMatch(/^"[0-9a-f]{32}"$/);
    expect(second.headers.get("ETag")).toBe(first.headers.get("ETag"));
    expect(await second.text()).toBe(await first.text());
    const other = await call(PREDICTIONS, jsonPost({ ...QUESTION, intervalLevel: 0.9 }));
    expect(other.headers.get("ETag")).not.toBe(first.headers.get("ETag"));
  });

  it("If-None-Match gives 304 on GET only", async () => {
    const tag = (await call("/v1/laws")).headers.get("ETag")!;
    for (const given of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const response = await call("/v1/laws", { headers: { "If-None-Match": given } });
      expect(response.status).toBe(304);
      expect(response.headers.get("ETag")).toBe(tag);
      expect(await response.text()).toBe("");
    }
    const changed = await call("/v1/laws", { headers: { "If-None-Match": '"other"' } });
    expect(changed.status).toBe(200);
    const posted = await call(PREDICTIONS, jsonPost(QUESTION));
    const again = jsonPost(QUESTION, { "If-None-Match": posted.headers.get("ETag")! });
    expect((await call(PREDICTIONS, again)).status).toBe(200);
  });

  it("HEAD answers like GET without the body", async () => {
    const [head, get] = [await call("/v1/laws", { method: "HEAD" }), await call("/v1/laws")];
    expect(head.status).toBe(200);
    expect(head.headers.get("ETag")).toBe(get.headers.get("ETag"));
    expect(await head.text()).toBe("");
  });
});

describe("headers", () => {
  it("a short plain request id is echoed, anything else is replaced", async () => {
    const echoed = await call("/healthz", { headers: { "X-Request-Id": "run-7_step:42.a" } });
    expect(echoed.headers.get("X-Request-Id")).toBe("run-7_step:42.a");
    for (const bad of ["a b", "x".repeat(65), "<script>", "a;b"]) {
      const replaced = await call("/healthz", { headers: { "X-Request-Id": bad } });
      expect(replaced.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("every answer carries the security headers and the model version", async () => {
    for (const path of ["/v1/laws", "/v1/nothing", "/docs", "/problems/validation", "/healthz"]) {
      const { headers } = await call(path);
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(headers.get("Referrer-Policy")).toBe("no-referrer");
      expect(headers.get("X-Frame-Options")).toBe("DENY");
      expect(headers.get("Model-Version")).not.toBeNull();
      const policy = headers.get("Content-Security-Policy")!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    }
  });

  it("stateless calls may be read from any web page, also after a preflight", async () => {
    const origin = { Origin: "https://elsewhere.test" };
    const answer = await call("/v1/laws/kaplan2020", { headers: origin });
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
    const refused = await call(PREDICTIONS, jsonPost({}, origin));
    expect(refused.status).toBe(422);
    expect(refused.headers.get("Access-Control-Allow-Origin")).toBe("*");
    const preflight = await call(PREDICTIONS, {
      method: "OPTIONS",
      headers: { ...origin, "Access-Control-Request-Method": "POST" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(preflight.headers.get("Access-Control-Allow-Methods")).toContain("POST");
    expect(preflight.headers.get("Access-Control-Allow-Headers")).toContain("Content-Type");
  });

  it("other calls send no CORS headers", async () => {
    for (const path of ["/healthz", "/docs", "/openapi.json", "/v1/nothing"]) {
      for (const method of ["GET", "OPTIONS"]) {
        const response = await call(path, {
          method,
          headers: { Origin: "https://elsewhere.test" },
        });
        expect([...response.headers.keys()].join()).not.toContain("access-control");
      }
    }
  });
});

describe("who may call", () => {
  const ask = (variables: Parameters<typeof parseAccess>[0], url: string) =>
    createTestApp({ access: parseAccess(variables) }).request(url);

  it("neither loopback nor ALLOW_OPEN=1: every call but /healthz is a 503", async () => {
    for (const path of ["/v1/laws", "/docs", "/", "/openapi.json", "/v1/nothing", "/problems/x"]) {
      const response = await ask({}, `https://critbatch.test${path}`);
      await expectProblem(response, 503, "not-configured");
      expect(response.headers.get("Retry-After")).toBe("60");
    }
    for (const value of ["0", "true", ""]) {
      expect((await ask({ ALLOW_OPEN: value }, `${ORIGIN}/v1/laws`)).status).toBe(503);
    }
    const health = await ask({}, "https://critbatch.test/healthz");
    expect(await health.json()).toEqual({ status: "not-configured", openBecause: "closed" });
  });

  it("/healthz says why the service is open", async () => {
    const loopback = await call("/healthz");
    expect(await loopback.json()).toEqual({ status: "ok", openBecause: "bound-to-loopback" });
    const open = await ask({ ALLOW_OPEN: "1" }, "https://critbatch.test/healthz");
    expect(await open.json()).toEqual({ status: "ok", openBecause: "allow-open" });
  });

  it("on loopback only loopback names are hosts", async () => {
    for (const host of ["localhost", "127.0.0.1:8787", "[::1]:8787", "LOCALHOST:1"]) {
      const response = await ask({ BOUND_TO_LOOPBACK: "1" }, `http://${host}/v1/laws`);
      expect(response.status).toBe(200);
    }
    for (const host of ["rebound.test", "localhost.rebound.test", "127.0.0.2", "[::2]"]) {
      const response = await ask({ BOUND_TO_LOOPBACK: "1" }, `http://${host}/v1/laws`);
      await expectProblem(response, 421, "host-not-allowed");
    }
  });

  it("elsewhere the hosts are those of ALLOWED_HOSTS", async () => {
    const variables = { ALLOW_OPEN: "1", ALLOWED_HOSTS: "critbatch.test, Other.test" };
    for (const [host, status] of [
      ["critbatch.test", 200],
      ["other.test:8443", 200],
      ["localhost", 421],
      ["third.test", 421],
    ] as const) {
      expect((await ask(variables, `https://${host}/v1/laws`)).status).toBe(status);
    }
    const any = await ask({ ALLOW_OPEN: "1", ALLOWED_HOSTS: "*" }, "https://third.test/v1/laws");
    expect(any.status).toBe(200);
  });
});

describe("reference page", () => {
  it("is served with all its files from the same place", async () => {
    const page = await call("/docs");
    expect(page.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    const files = [...(await page.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((m) => m[1]!);
    expect(files).toHaveLength(5);
    for (const file of files) {
      const response = await call(file);
      expect(response.status).toBe(200);
      const tag = response.headers.get("ETag")!;
      await response.arrayBuffer();
      const again = await call(file, { headers: { "If-None-Match": tag } });
      expect(again.status).toBe(304);
    }
  });

  it("the web page at / and its files too, without a script or style in the page itself", async () => {
    const page = await call("/");
    expect(page.headers.get("Content-Security-Policy")).toContain("style-src 'self';");
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style="| on[a-z]+="/);
    const files = [...html.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map((m) => m[1]!);
    expect(new Set(files)).toEqual(
      new Set([
        "/page/page.css",
        "/page/ask.js",
        "/page/page.js",
        "/page/method.html",
        "/page/evidence.html",
        "/page/documents.html",
      ]),
    );
    for (const file of files) {
      const response = await call(file);
      expect(response.status).toBe(200);
      await response.arrayBuffer();
    }
    await expectProblem(await call("/page/nothing.js"), 404, "not-found");
  });

  it("the documents and their pictures too, without a script or style in the page itself", async () => {
    const page = await call("/page/web-page.html");
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style="| on[a-z]+="/);
    const files = [...html.matchAll(/src="(\/page\/[^"]+)"/g)].map((m) => m[1]!);
    expect(files).toContain("/page/documents.js");
    const types = await Promise.all(
      files.map(async (file) => {
        const response = await call(file);
        await response.arrayBuffer();
        return `${response.status} ${response.headers.get("Content-Type")}`;
      }),
    );
    expect(new Set(types)).toEqual(
      new Set(["200 text/javascript; charset=utf-8", "200 image/png"]),
    );
  });

  it("/openapi.json is the committed file", async () => {
    const served = await (await call("/openapi.json")).text();
    const { default: committed } = await import("../../schemas/openapi.json?raw");
    expect(served).toBe(committed);
  });
});

function chunked(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(sent, sent + 65_536));
      sent += 65_536;
    },
  });
}
