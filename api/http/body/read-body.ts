import { ProblemError } from "../problem.ts";

/**
 * Reads a body up to a limit.
 *
 * @throws {ProblemError} body-too-large; the rest of the body is not read.
 */
export async function readBody(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  try {
    return await readAll(reader, maxBytes);
  } catch (failure) {
    await reader.cancel().catch(() => undefined);
    throw failure;
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(value);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

export function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError("body-too-large", {
    detail: `The body of this call may have at most ${maxBytes} bytes.`,
  });
}
