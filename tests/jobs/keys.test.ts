import { describe, expect, it } from "vitest";
import { localPlatform } from "../local-platform.ts";
import { engine } from "./fixtures.ts";

const ring = () => localPlatform({ loadEngine: async () => engine }).platform.keys;

describe("keys", () => {
  it("are required from the first one on, also once all are revoked", async () => {
    const keys = ring();
    expect(await keys.required()).toBe(false);
    const made = await keys.create("ci");
    expect(await keys.required()).toBe(true);
    await keys.revoke("ci");
    expect(await keys.required()).toBe(true);
    expect(await keys.ownerOf(made?.key ?? "")).toBeUndefined();
  });

  it("name an owner each, and nothing else does", async () => {
    const keys = ring();
    const [a, b] = [await keys.create("a"), await keys.create("b")];
    expect(a?.key).toMatch(/^cb_[\w-]{43}$/);
    expect(a?.keyId).not.toBe(b?.keyId);
    expect(await keys.ownerOf(a?.key ?? "")).toBe(a?.keyId);
    expect(await keys.ownerOf(b?.key ?? "")).toBe(b?.keyId);
    for (const guess of ["", "cb_", a?.keyId ?? "", `${a?.key}x`, (a?.key ?? "").toUpperCase()]) {
      expect(await keys.ownerOf(guess)).toBeUndefined();
    }
  });

  it("are listed without anything that would open the service", async () => {
    const keys = ring();
    const made = await keys.create("laptop");
    const listed = await keys.list();
    expect(listed).toMatchObject([{ name: "laptop", keyId: made?.keyId, revokedMs: 0 }]);
    expect(JSON.stringify(listed)).not.toContain(made?.key.slice(3));
  });

  it("have one name each while in use; a revoked name is free again", async () => {
    const keys = ring();
    const first = await keys.create("ci");
    expect(await keys.create("ci")).toBeUndefined();
    expect(await keys.revoke(first?.keyId ?? "")).toBe(true);
    expect(await keys.revoke("ci")).toBe(false);
    expect((await keys.create("ci"))?.keyId).not.toBe(first?.keyId);
  });
});
