import { describe, expect, it } from "vitest";
import { localPlatform } from "../local-platform.ts";
import { engine } from "./fixtures.ts";

const TEXT = "To be, or not to be, that is the question.";

function store(limits: { datasetQuotaBytes?: number } = {}) {
  const local = localPlatform({ loadEngine: async () => engine, limits });
  const { datasets } = local.platform;
  const put = (text = TEXT) => {
    const bytes = new TextEncoder().encode(text);
    return datasets.put({ kind: "text", bytes, rows: 0, columns: 0 }, "");
  };
  const idOf = async () =>
    (await datasets.list(undefined, 10, undefined))?.items[0]?.datasetId ?? "";
  const read = async (id: string) => new TextDecoder().decode(await datasets.read(id));
  return { local, datasets, put, idOf, read };
}

describe("a data set", () => {
  it("uploaded while the same bytes are deleted is stored", async () => {
    const { local, datasets, put, idOf, read } = store();
    await put();
    const id = await idOf();
    const held = local.hold("delete datasets/");
    const removed = datasets.remove(id);
    await held.reached;
    expect(await put()).toMatchObject({ status: "created" });
    held.release();
    expect(await removed).toBe(true);
    expect(await read(id)).toBe(TEXT);
    expect(await idOf()).toBe(id);
    expect(local.bucket.keys()).toHaveLength(1);
  });

  it("uploaded twice at the same time is stored once", async () => {
    const { local, put, idOf, read } = store();
    const held = local.hold("put datasets/");
    const slow = put();
    await held.reached;
    expect(await put()).toMatchObject({ status: "created" });
    held.release();
    expect(await slow).toMatchObject({ status: "known" });
    expect(await read(await idOf())).toBe(TEXT);
    expect(local.bucket.keys()).toHaveLength(1);
  });

  it("whose bytes are lost is stored again by an upload of the same bytes", async () => {
    const { local, datasets, put, idOf, read } = store();
    await put();
    const id = await idOf();
    for (const key of local.bucket.keys()) local.bucket.lose(key);
    expect(await datasets.read(id)).toBeUndefined();
    expect(await put()).toMatchObject({ status: "known" });
    expect(await read(id)).toBe(TEXT);
  });

  it("larger than what is stored at once is stored whole", async () => {
    const { put, idOf, read } = store();
    const text = Array.from({ length: 200_000 }, (_, at) => at).join(" ");
    await put(text);
    expect(await read(await idOf())).toBe(text);
  });

  it("takes its place in the quota once, and gives it back", async () => {
    const { datasets, put, idOf } = store({ datasetQuotaBytes: TEXT.length });
    expect(await put()).toMatchObject({ status: "created" });
    expect(await put("another")).toBe("full");
    expect(await put()).toMatchObject({ status: "known" });
    await datasets.remove(await idOf());
    expect(await put("another")).toMatchObject({ status: "created" });
  });
});
