import { describe, expect, it } from "vitest";
import { readBody } from "../../api/http/body/read-body.ts";

const bytes = (count: number) => new Uint8Array(count).fill(7);

/** A body whose parts come when they are pulled; one that hangs sends no more after them. */
function bodyOf(parts: readonly Uint8Array[], hangs = false) {
  const waiting = [...parts];
  const state = { canceled: false };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = waiting.shift();
      if (next !== undefined) controller.enqueue(next);
      else if (!hangs) controller.close();
    },
    cancel() {
      state.canceled = true;
    },
  });
  return { stream, state };
}

describe("reading a body", () => {
  it("joins its parts", async () => {
    const { stream } = bodyOf([bytes(3), bytes(0), bytes(2)]);
    expect(await readBody(stream, 5)).toEqual(bytes(5));
  });

  it("stops at the first byte beyond the limit and lets the rest go", async () => {
    const { stream, state } = bodyOf([bytes(3), bytes(3)], true);
    await expect(readBody(stream, 5)).rejects.toMatchObject({ slug: "body-too-large" });
    expect(state.canceled).toBe(true);
  });
});
