import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningWorker, runWorker } from "../../tools/run-worker.ts";

const folder = mkdtempSync(join(tmpdir(), "critbatch-guards-"));
let worker: RunningWorker;
let closed: RunningWorker;

beforeAll(async () => {
  const options = { host: "127.0.0.1", port: 0 };
  worker = await runWorker({
    ...options,
    persistTo: join(folder, "open"),
    variables: { BOUND_TO_LOOPBACK: "1" },
  });
  closed = await runWorker({ ...options, persistTo: join(folder, "closed"), variables: {} });
});
afterAll(async () => {
  await worker?.stop();
  await closed?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** By node:http, which sends the Host that it is told. */
function ask(
  { url }: RunningWorker,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string | Uint8Array,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const sent = request(new URL(path, url), { method, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (part: string) => {
        text += part;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

describe("a foreign name that points at this machine", () => {
  it.each(["evil.example", "evil.example:80", "127.0.0.1.evil.example"])(
    "%s is refused",
    async (host) => {
      const answer = await ask(worker, "/v1/datasets", { Host: host });
      expect(answer.status).toBe(421);
    },
  );

  it.each([
    ["MF-Original-URL", "http://127.0.0.1:8787/v1/datasets"],
    ["MF-Route-Override", "critbatch"],
    ["X-Forwarded-Host", "127.0.0.1"],
    ["X-Forwarded-Proto", "http"],
  ])("is refused with %s too", async (name, value) => {
    const foreign = { Host: "evil.example", [name]: value };
    for (const path of ["/v1/datasets", "/v1/probes", "/"]) {
      const { status } = await ask(worker, path, foreign);
      expect([421, 422]).toContain(status);
    }
    const upload = await ask(
      worker,
      "/v1/datasets",
      { ...foreign, "Content-Type": "text/csv" },
      "a",
    );
    expect([421, 422]).toContain(upload.status);
  });
});

describe("what belongs to the runtime", () => {
  it("no call takes a header named MF-*", async () => {
    for (const one of [worker, closed]) {
      const { status, body } = await ask(one, "/healthz", {
        "MF-Original-URL": "http://localhost/",
      });
      expect(status).toBe(422);
      expect(JSON.parse(body).errors[0].code).toBe("runtime-header");
    }
  });

  it("/cdn-cgi gives away no data set, open or closed", async () => {
    const put = await ask(
      worker,
      "/v1/datasets",
      { "Content-Type": "text/plain" },
      "secret ".repeat(40),
    );
    expect(put.status).toBe(201);
    const { datasetId } = JSON.parse(put.body);
    for (const one of [worker, closed]) {
      for (const path of [
        `/cdn-cgi/local/r2/public/critbatch/datasets/${datasetId}`,
        "/cdn-cgi/local/scheduled",
        "/cdn-cgi/local/platform-proxy",
        "/cdn-cgi",
      ]) {
        const { status, body } = await ask(one, path, {});
        expect(status).toBe(404);
        expect(body).not.toContain("secret");
      }
    }
  });

  it("a closed service answers /healthz alone", async () => {
    expect((await ask(closed, "/healthz", {})).status).toBe(200);
    expect((await ask(closed, "/v1/laws", {})).status).toBe(503);
  });
});

describe("a page of another origin", () => {
  const own = () => worker.url.origin;
  const upload = (headers: Readonly<Record<string, string>>, text: string) =>
    ask(worker, "/v1/datasets", { "Content-Type": "text/plain", ...headers }, text);

  it.each([
    ["another origin", { Origin: "https://evil.example" }],
    ["another port", { Origin: "http://127.0.0.1:1" }],
    ["no origin of its own", { Origin: "null" }],
    ["another site", { "Sec-Fetch-Site": "cross-site" }],
    ["a sibling site", { "Sec-Fetch-Site": "same-site" }],
  ])("cannot store anything: %s", async (_name, headers) => {
    const answer = await upload(headers, "a text from another page");
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body).type).toBe("/problems/cross-origin");
    expect((await ask(worker, "/v1/probes", headers)).status).toBe(403);
  });

  it("may ask what stores nothing", async () => {
    const path = "/v1/recommendations?nonEmbeddingParams=1e9&trainingTokens=2e10";
    const answer = await ask(worker, path, { Origin: "https://other.example" });
    expect(answer.status).toBe(200);
  });

  it("the page of this service and programs store as before", async () => {
    const text = "a text of the own page ".repeat(20);
    const page = await upload({ Origin: own(), "Sec-Fetch-Site": "same-origin" }, text);
    expect(page.status).toBe(201);
    expect((await upload({}, text)).status).toBe(200);
  });
});

describe("a JSON body", () => {
  const json = { "Content-Type": "application/json" };
  const question = JSON.stringify({
    model: { nonEmbeddingParams: 1e9 },
    data: { trainingTokens: 2e10 },
  });
  const post = (headers: Readonly<Record<string, string>>, body: string | Uint8Array) =>
    ask(worker, "/v1/recommendations", { ...json, ...headers }, body);

  it("is decoded from gzip", async () => {
    const packed = await post({ "Content-Encoding": "gzip" }, gzipSync(question));
    const plain = await post({}, question);
    expect(packed.status).toBe(200);
    expect(JSON.parse(packed.body)).toEqual(JSON.parse(plain.body));
  });

  it("has its limit on the decoded bytes", async () => {
    const bomb = gzipSync(`{"x":"${"a".repeat(5_000_000)}"}`);
    expect(bomb.length).toBeLessThan(20_000);
    expect((await post({ "Content-Encoding": "gzip" }, bomb)).status).toBe(413);
  });

  it.each(["br", "zstd", "compress"])("of an unknown coding is a 415: %s", async (coding) => {
    expect((await post({ "Content-Encoding": coding }, question)).status).toBe(415);
  });

  it("that is not in its coding is a 400", async () => {
    expect((await post({ "Content-Encoding": "gzip" }, question)).status).toBe(400);
  });

  it.each([
    ['{"model":{"nonEmbeddingParams":NaN}}', "/model/nonEmbeddingParams", "NaN"],
    ['{"a":"NaN","b":[1,{"c":-Infinity}]}', "/b/1/c", "-Infinity"],
    ['{"observations":[[1,2],[3,nan]]}', "/observations/1/1", "nan"],
  ])("with a number that JSON does not have says where: %s", async (body, pointer, word) => {
    const answer = await post({}, body);
    expect(answer.status).toBe(400);
    const { errors } = JSON.parse(answer.body);
    expect(errors).toHaveLength(1);
    expect(errors[0].pointer).toBe(pointer);
    expect(errors[0].message).toContain(word);
  });
});

it("a + in a query is named", async () => {
  const path = "/v1/recommendations?nonEmbeddingParams=1e+9&trainingTokens=2e10";
  const { status, body } = await ask(worker, path, {});
  expect(status).toBe(422);
  const [error] = JSON.parse(body).errors;
  expect(error.code).toBe("plus-in-query");
  expect(error.message).toContain("1e9");
});

it("a table may say whether it has a header", async () => {
  const type = { "Content-Type": "text/csv; header=present" };
  const { status } = await ask(worker, "/v1/datasets", type, "a,b\n1,2\n3,4\n");
  expect(status).toBe(201);
});
