import { createConnection } from "node:net";
import { gzipSync } from "node:zlib";
import type { ProbeState } from "../../sdk/index.ts";
import type { Figure } from "../proofs/proof.ts";
import { kill, LONG_PROBE, type RunningService, type Services } from "./killable-service.ts";
import { watch } from "./watch.ts";

const QUOTA_BYTES = 300_000;
// Above it a refusal is no refusal but a wait.
const LONGEST_REFUSAL_MS = 5000;

/** What is sent, and the problem that must come back. */
interface Refusal {
  readonly name: string;
  readonly body: Uint8Array<ArrayBuffer> | string;
  readonly type?: string;
  readonly encoding?: string;
  readonly status: number;
  readonly code: string;
}

const bytes = (buffer: Buffer) => new Uint8Array(buffer);
const half = (buffer: Buffer) => bytes(buffer.subarray(0, buffer.length >> 1));
const PROSE = "It is a truth universally acknowledged. ".repeat(2000);
const TABLE = "x,y,label\n0.1,2,0\n0.3,1,1\n".repeat(100);

const REFUSALS: readonly Refusal[] = [
  {
    name: "binary",
    body: bytes(Buffer.from([137, 80, 78, 71, 0, 1, 2])),
    status: 422,
    code: "binary",
  },
  { name: "UTF-16", body: bytes(Buffer.from(PROSE, "utf16le")), status: 422, code: "binary" },
  {
    name: "Latin-1",
    body: bytes(Buffer.from("caf\u00e9 cr\u00e8me", "latin1")),
    status: 422,
    code: "not-utf-8",
  },
  {
    name: "half a gzip",
    body: half(gzipSync(PROSE + Math.PI)),
    encoding: "gzip",
    status: 422,
    code: "unreadable",
  },
  { name: "no gzip", body: PROSE, encoding: "gzip", status: 422, code: "unreadable" },
  {
    name: "a bomb of gzip",
    body: bytes(gzipSync(Buffer.alloc(2 ** 28, 97))),
    encoding: "gzip",
    status: 413,
    code: "",
  },
  { name: "17 MiB", body: "a".repeat(17 * 2 ** 20), status: 413, code: "" },
  { name: "a table of words", body: "x,label\none,two\n", type: "text/csv", status: 422, code: "" },
  { name: "a ragged table", body: `${TABLE}1,2\n`, type: "text/csv", status: 422, code: "" },
  { name: "nothing", body: "", status: 422, code: "empty" },
];

/** Uploads that break off, lie or are too much, a full store, data deleted under a probe, a cancel during a cell. */
export async function outcomeFigures(services: Services): Promise<Figure[]> {
  const service = await services.start("outcomes", {
    variables: { DATASET_QUOTA_BYTES: String(QUOTA_BYTES) },
  });
  const refused: boolean[] = [];
  // One after the other: more than two at once are asked to come later.
  for (const refusal of REFUSALS) refused.push(await refuses(service, refusal));
  await breakOff(service);
  const outcomes = [
    ...refused,
    await told("an upload that broke off left nothing", await isEmpty(service)),
    await told("a full store refuses and keeps what it has", await fillsUp(service)),
    await told("data deleted under a probe end it with the reason", await deletesInUse(service)),
    await told("a cancel during a training run ends the probe there", await cancels(service)),
  ];
  kill(service.child);
  return [
    {
      name: "outcomes as defined",
      value: outcomes.filter(Boolean).length,
      limits: { least: outcomes.length },
    },
  ];
}

function told(name: string, holds: boolean): boolean {
  if (!holds) console.error(`not so: ${name}`);
  return holds;
}

function upload(
  { baseUrl }: RunningService,
  { body, type = "text/plain", encoding }: Partial<Refusal>,
) {
  return fetch(`${baseUrl}/v1/datasets`, {
    method: "POST",
    headers: { "content-type": type, ...(encoding && { "content-encoding": encoding }) },
    body: body ?? "",
  });
}

async function refuses(service: RunningService, refusal: Refusal): Promise<boolean> {
  const begun = performance.now();
  const answer = await upload(service, refusal);
  const problem = (await answer.json()) as {
    readonly errors?: readonly { readonly code: string }[];
  };
  const code = problem.errors?.[0]?.code ?? "";
  const quick = performance.now() - begun < LONGEST_REFUSAL_MS;
  const isProblem = answer.headers.get("content-type")?.startsWith("application/problem+json");
  const right = answer.status === refusal.status && (refusal.code === "" || code === refusal.code);
  return told(`${refusal.name}: ${answer.status} ${code}`, right && quick && isProblem === true);
}

/** Promises a thousand bytes, sends a hundred and goes away. */
function breakOff({ baseUrl }: RunningService): Promise<void> {
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const socket = createConnection(Number(port), hostname, () => {
      const head = `POST /v1/datasets HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: text/plain`;
      socket.write(`${head}\r\nContent-Length: 1000\r\n\r\n${"a".repeat(100)}`);
      setTimeout(() => socket.destroy(), 200);
    });
    socket.once("error", reject);
    socket.once("close", () => resolve());
  });
}

async function isEmpty({ client }: RunningService): Promise<boolean> {
  return (await client.listDatasets({})).datasets.length === 0;
}

async function fillsUp(service: RunningService): Promise<boolean> {
  const first = await upload(service, { body: PROSE });
  const second = await upload(service, { body: "b".repeat(QUOTA_BYTES) });
  const again = await upload(service, { body: PROSE });
  const { datasets } = await service.client.listDatasets({});
  const { type } = (await second.json()) as { readonly type: string };
  return (
    first.status === 201 &&
    type.endsWith("dataset-quota") &&
    again.status === 200 &&
    datasets.length === 1
  );
}

async function deletesInUse({ client }: RunningService): Promise<boolean> {
  const { datasets } = await client.listDatasets({});
  const datasetId = datasets[0]?.datasetId ?? "";
  const { probeId } = await client.startProbe({
    experiment: "critical-batch",
    task: { kind: "language", datasetId },
    budgetFlops: 1e12,
  });
  await watch(client, probeId, [], ({ event }) => event === "cell");
  await client.deleteDataset(datasetId);
  await watch(client, probeId, [], ({ event }) => event === "failed" || event === "result");
  const state: ProbeState = await client.getProbe(probeId);
  return state.status === "failed" && state.failure.code === "dataset-deleted";
}

async function cancels({ client, baseUrl }: RunningService): Promise<boolean> {
  const { probeId } = await client.startProbe({ ...LONG_PROBE, seed: 7 });
  await watch(client, probeId, [], ({ event }) => event === "progress");
  await client.cancelProbe(probeId);
  const before = await client.getProbe(probeId);
  const answer = await fetch(
    `${baseUrl}/v1/recommendations?nonEmbeddingParams=1e9&trainingTokens=2e10`,
  );
  const after = await client.getProbe(probeId);
  if (before.status !== "cancelled" || after.status !== "cancelled") return false;
  return answer.ok && before.cellsDone === after.cellsDone;
}
