import { describe, expect, it } from "vitest";
import { putInParts } from "../../api/jobs/stores/put-in-parts.ts";
import { localPlatform } from "../local-platform.ts";
import { engine } from "./fixtures.ts";

const MIB = 1_048_576;
const { bucket } = localPlatform({ loadEngine: async () => engine });

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, at) => at % 251);

describe("storing bytes", () => {
  it.each([0, 1, 262_144, 262_145, 5 * MIB])("stores %i bytes as they are", async (length) => {
    const bytes = bytesOf(length);
    await putInParts(bucket, "key", bytes);
    const stored = await (await bucket.get("key"))?.arrayBuffer();
    expect(Buffer.from(stored ?? new ArrayBuffer(1)).equals(bytes)).toBe(true);
  });

  it("lets other work be done between the parts of a large object", async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 0);
    await putInParts(bucket, "key", bytesOf(4 * MIB));
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(8);
  });

  it("fails with the bucket", async () => {
    const full = { put: () => Promise.reject(new Error("the disk is full")) };
    await expect(putInParts(full as never, "key", bytesOf(10))).rejects.toThrow("disk is full");
  });
});
