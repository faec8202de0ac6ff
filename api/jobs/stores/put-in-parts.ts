import { timerTurn } from "../../probe/timer-turn.ts";
import type { Bucket } from "../job-ports.ts";

// The least that the platform takes for a part that is not the last.
const PART_BYTES = 5_242_880;

/**
 * Stores an object; a large one in parts, one after the other, because the local bucket holds the loop while it takes in
 * what it is given at once.
 */
export async function putInParts(
  bucket: Bucket,
  key: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  if (bytes.length <= PART_BYTES) {
    await bucket.put(key, bytes);
    return;
  }
  const upload = await bucket.createMultipartUpload(key);
  try {
    const parts: R2UploadedPart[] = [];
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      if (at > 0) await timerTurn();
      const part = bytes.subarray(at, at + PART_BYTES);
      parts.push(await upload.uploadPart(parts.length + 1, part));
    }
    await upload.complete(parts);
  } catch (failure) {
    await upload.abort().catch(() => undefined);
    throw failure;
  }
}
