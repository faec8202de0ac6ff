import type { Bucket } from "../job-ports.ts";

/** What the bucket holds below a prefix, in the order of the keys, a page at a time. */
export async function* listed(bucket: Bucket, prefix: string): AsyncGenerator<readonly R2Object[]> {
  for (let cursor: string | undefined; ; ) {
    const page: R2Objects = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) });
    yield page.objects;
    if (!page.truncated) return;
    cursor = page.cursor;
  }
}
