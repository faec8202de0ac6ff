import { describe, expect, it } from "vitest";
import type { Bucket } from "../../api/jobs/job-ports.ts";
import { putInParts } from "../../api/jobs/stores/put-in-parts.ts";

/** A bucket that keeps what it was given, part by part, and may fail at one. */
function recordingBucket(failAt = Number.POSITIVE_INFINITY) {
  const calls: string[] = [];
  const stored: Uint8Array[] = [];
  const bucket = {
    put: async (_key: string, bytes: Uint8Array) => {
      calls.push("put");
      stored.push(bytes);
    },
    createMultipartUpload: async () => ({
      uploadPart: async (partNumber: number, bytes: Uint8Array) => {
        if (partNumber === failAt) throw new Error("full");
        calls.push(`part ${partNumber}`);
        stored.push(bytes);
        return { partNumber, etag: `e${partNumber}` };
      },
      complete: async (parts: readonly { partNumber: number }[]) => {
        calls.push(`complete ${parts.map(({ partNumber }) => partNumber).join()}`);
      },
      abort: async () => void calls.push("abort"),
    }),
  } as unknown as Bucket;
  return { bucket, calls, length: () => stored.reduce((sum, part) => sum + part.length, 0) };
}

const bytes = (count: number) => new Uint8Array(count).fill(1);

describe("storing an object", () => {
  it("stores a small one at once", async () => {
    const { bucket, calls } = recordingBucket();
    await putInParts(bucket, "k", bytes(5_242_880));
    expect(calls).toEqual(["put"]);
  });

  it("stores a large one whole, in parts", async () => {
    const { bucket, calls, length } = recordingBucket();
    await putInParts(bucket, "k", bytes(16_777_216));
    expect(calls).toEqual(["part 1", "part 2", "part 3", "part 4", "complete 1,2,3,4"]);
    expect(length()).toBe(16_777_216);
  });

  it("leaves nothing behind when a part cannot be stored", async () => {
    const { bucket, calls } = recordingBucket(2);
    await expect(putInParts(bucket, "k", bytes(16_777_216))).rejects.toThrow("full");
    expect(calls).toEqual(["part 1", "abort"]);
  });
});
