import type { CheckpointStore } from "./job-ports.ts";

const FOLDER = "checkpoints/";

/** Checkpoints in a bucket, each under the SHA-256 of its bytes. */
export function checkpointStore(
  bucket: Pick<R2Bucket, "put" | "get" | "delete">,
  sha256Hex: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>,
): CheckpointStore {
  return {
    async put(bytes) {
      const hash = await sha256Hex(bytes);
      await bucket.put(FOLDER + hash, bytes);
      return hash;
    },
    async get(hash) {
      const object = await bucket.get(FOLDER + hash);
      return object === null ? undefined : new Uint8Array(await object.arrayBuffer());
    },
    async remove(hashes) {
      if (hashes.length > 0) await bucket.delete(hashes.map((hash) => FOLDER + hash));
    },
  };
}
