import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lawCatalogue } from "../../api/numerics/laws/catalogue.ts";
import { createTestApp, ORIGIN } from "../in-process-app.ts";
import { DOCUMENT, OPERATIONS, validatorAt } from "./document.ts";
import { exampleCalls, examplePath } from "./examples.ts";
import { type Operation, violation } from "./violation.ts";

const app = createTestApp();
/** What one call deletes the next ones would miss. */
const appFor = ({ method }: Operation) => (method === "delete" ? createTestApp() : app);
const named = OPERATIONS.map((one) => [one.operation.operationId, one] as const);

describe("every operation", () => {
  it.each(named)("%s answers each of its example bodies as documented", async (id, one) => {
    const inits = exampleCalls(one);
    expect(inits.length, `${id} has an example`).toBeGreaterThan(0);
    for (const init of inits) {
      const response = await appFor(one).request(ORIGIN + examplePath(one), init);
      expect(response.ok, await response.clone().text()).toBe(true);
      expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(response.headers.get("X-Request-Id")).toMatch(/^made-/);
      expect(await violation(one, response)).toBeUndefined();
    }
  });

  it.each(named)("%s answers an unknown query parameter as documented", async (_id, one) => {
    const path = `${examplePath(one)}${examplePath(one).includes("?") ? "&" : "?"}no-such-one=1`;
    const [init] = exampleCalls(one);
    const response = await appFor(one).request(ORIGIN + path, init);
    expect(response.status).toBe(422);
    expect(await violation(one, response)).toBeUndefined();
  });

  it.each(named)("%s documents its errors as problems and has a schema for success", (_id, one) => {
    for (const [status, { content }] of Object.entries(one.operation.responses)) {
      const types = Object.keys(content ?? {});
      if (Number(status) >= 400) expect(types).toEqual(["application/problem+json"]);
      else if (status !== "204") expect(types.length).toBeGreaterThan(0);
    }
    expect(Object.keys(one.operation.responses)).toEqual(expect.arrayContaining(["422", "500"]));
  });

  it("is a file in a folder of api/routes, named by its id", () => {
    const folders = readdirSync(new URL("../../api/routes", import.meta.url));
    const files = folders.flatMap((folder) =>
      readdirSync(new URL(`../../api/routes/${folder}`, import.meta.url)),
    );
    const kebab = (id: string) =>
      id.replace("OpenApi", "Openapi").replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const expected = OPERATIONS.map(({ operation }) => `${kebab(operation.operationId)}.ts`);
    expect(files.toSorted()).toEqual(expected.toSorted());
  });
});

describe("openapi.json", () => {
  it("carries only examples that their own schemas accept", () => {
    const refused: string[] = [];
    for (const [name, component] of Object.entries(DOCUMENT.components.schemas)) {
      for (const [field, { example }] of Object.entries(component.properties ?? {})) {
        if (example === undefined) continue;
        const validate = validatorAt("components", "schemas", name, "properties", field);
        if (!validate(example)) refused.push(`${name}.${field}: ${JSON.stringify(example)}`);
      }
    }
    expect(refused).toEqual([]);
  });

  it("names the laws of the catalogue", () => {
    const ids = DOCUMENT.components.schemas["LawId"]?.enum;
    expect(ids).toEqual(lawCatalogue.map(({ id }) => id));
  });

  it("shows answers with a status as discriminated unions", () => {
    const unions = Object.entries(DOCUMENT.components.schemas).filter(([, { oneOf }]) => oneOf);
    expect(unions.map(([name]) => name)).toContain("LawPredictionAnswer");
    const without = unions.filter(([, schema]) => !("discriminator" in schema));
    const answers = without.map(([name]) => name).filter((name) => /Answer$/.test(name));
    expect(answers).toEqual([]);
  });
});
