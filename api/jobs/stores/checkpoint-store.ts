import type { Bucket, CheckpointStore } from "../job-ports.ts";
import { objectName } from "../object-name.ts";
import { putInParts } from "./put-in-parts.ts";

const FOLDER = "checkpoints/";

/** Checkpoints in the bucket, under the name of their job and the SHA-256 of their bytes. */
export function checkpointStore(
  bucket: Bucket,
  sha256Hex: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>,
): CheckpointStore {
  return {
    async put(job, bytes) {
      const key = `${FOLDER}${objectName(job)}/${await sha256Hex(bytes)}`;
      await putInParts(bucket, key, bytes);
      return key;
    },
    async get(key) {
      const object = await bucket.get(key);
      return object === null ? undefined : new Uint8Array(await object.arrayBuffer());
    },
    async remove(keys) {
      if (keys.length > 0) await bucket.delete([...keys]);
    },
  };
}
