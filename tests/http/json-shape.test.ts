import { describe, expect, it } from "vitest";
import { requireParsable } from "../../api/http/body/json-shape.ts";
import { createTestApp, jsonPost, ORIGIN } from "../in-process-app.ts";

const LONG = 100_000;

describe("JSON that would take long to parse", () => {
  it.each([
    ["nested lists", "[".repeat(LONG), "too-deep"],
    ["nested objects", '{"a":'.repeat(LONG), "too-deep"],
    ["many values", `[${"1,".repeat(700_000)}1]`, "too-many-values"],
    ["the same key", `{${'"task":1,'.repeat(700_000)}"task":1}`, "too-many-values"],
  ])("is refused before it is parsed: %s", (_name, text, code) => {
    expect(() => requireParsable(text)).toThrowError(
      expect.objectContaining({ fields: [expect.objectContaining({ pointer: "", code })] }),
    );
  });

  it.each([
    ["brackets inside a string", JSON.stringify({ csv: "[".repeat(LONG) })],
    ["escaped quotes before them", JSON.stringify({ csv: `\\"${"[".repeat(LONG)}\\\\` })],
    ["a string without an end", `{"csv":"${"[".repeat(LONG)}`],
    ["a wide table", JSON.stringify({ values: Array.from({ length: 500_000 }, (_, i) => i) })],
  ])("is not: %s", (_name, text) => {
    expect(() => requireParsable(text)).not.toThrow();
  });

  it("is a 422 of every call that takes JSON", async () => {
    const app = createTestApp();
    const response = await app.request(`${ORIGIN}/v1/noise-scale`, jsonPost("[".repeat(LONG)));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: "", code: "too-deep" }] });
  });
});
