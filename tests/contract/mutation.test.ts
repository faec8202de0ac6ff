import type { ValidateFunction } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { createTestApp, jsonPost, ORIGIN } from "../in-process-app.ts";
import { OPERATIONS, resolve, type SchemaNode, validatorAt } from "./document.ts";
import { SAMPLES } from "./samples.ts";

/** A required field: the object schema that requires it, and its name. */
interface RequiredField {
  readonly schema: SchemaNode;
  readonly field: string;
}

interface Walk {
  readonly validate: ValidateFunction;
  readonly whole: unknown;
  readonly dropped: Map<SchemaNode, Set<string>>;
  readonly survivors: Set<string>;
}

const JSON_TYPE = "application/json";

const answering = OPERATIONS.flatMap(({ path, method, operation }) => {
  const schema = operation.responses["200"]?.content?.[JSON_TYPE]?.schema;
  return schema === undefined || operation.operationId === "getOpenApi"
    ? []
    : [{ operationId: operation.operationId, path, method, schema }];
});

const answerValidator = (path: string, method: string) =>
  validatorAt("paths", path, method, "responses", "200", "content", JSON_TYPE, "schema");

/** All required fields that an answer of the schema can have, by the object schema that requires them. */
function requiredFields(
  schema: SchemaNode,
  seen = new Set<SchemaNode>(),
): readonly RequiredField[] {
  const node = resolve(schema);
  if (seen.has(node)) return [];
  seen.add(node);
  const own = (node.required ?? []).map((field) => ({ schema: node, field }));
  const inner = [
    ...Object.values(node.properties ?? {}),
    ...(typeof node.additionalProperties === "object" ? [node.additionalProperties] : []),
    ...(node.items === undefined ? [] : [node.items]),
    ...alternativesOf(node),
  ];
  return [...own, ...inner.flatMap((child) => requiredFields(child, seen))];
}

const alternativesOf = (node: SchemaNode) => [
  ...(node.prefixItems ?? []),
  ...(node.allOf ?? []),
  ...(node.anyOf ?? []),
  ...(node.oneOf ?? []),
];

type Place = readonly (string | number)[];

/** Drops each required field of the value in turn, also inside it, and notes what the schema did not miss. */
function dropEach(walk: Walk, schema: SchemaNode, value: unknown, place: Place): void {
  const node = resolve(schema);
  for (const alternative of alternativesOf(node)) dropEach(walk, alternative, value, place);
  if (Array.isArray(value)) {
    if (node.items !== undefined) {
      for (const [i, item] of value.entries()) dropEach(walk, node.items, item, [...place, i]);
    }
    return;
  }
  if (typeof value !== "object" || value === null || !fits(node, value)) return;
  for (const field of node.required ?? []) dropOne(walk, node, field, place);
  for (const [field, inner] of Object.entries(value)) {
    const child = node.properties?.[field] ?? node.additionalProperties;
    if (typeof child === "object") dropEach(walk, child, inner, [...place, field]);
  }
}

/** Whether the object is one of this alternative: all it requires is there, and its constants agree. */
function fits(node: SchemaNode, value: object): boolean {
  if (!(node.required ?? []).every((field) => Object.hasOwn(value, field))) return false;
  return Object.entries(value).every(([field, inner]) => {
    const child = node.properties?.[field];
    if (child === undefined)
      return node.properties === undefined || node.additionalProperties !== false;
    const allowed = resolve(child).enum;
    return allowed === undefined || allowed.includes(inner);
  });
}

function dropOne(walk: Walk, node: SchemaNode, field: string, place: Place): void {
  const mutant: unknown = structuredClone(walk.whole);
  let at = mutant as Record<string | number, unknown>;
  for (const step of place) at = at[step] as Record<string | number, unknown>;
  delete at[field];
  if (walk.validate(mutant)) walk.survivors.add([...place, field].join("."));
  const fields = walk.dropped.get(node) ?? new Set<string>();
  walk.dropped.set(node, fields.add(field));
}

async function answersOf(operationId: string): Promise<readonly unknown[]> {
  const app = createTestApp();
  const answers: unknown[] = [];
  for (const { path, body, init } of SAMPLES[operationId] ?? []) {
    const plain = body === undefined ? {} : jsonPost(body);
    const response = await app.request(ORIGIN + path, init ?? plain);
    const text = await response.text();
    expect(response.status, `${path} ${JSON.stringify(body)}: ${text.slice(0, 400)}`).toBe(200);
    answers.push(JSON.parse(text));
  }
  return answers;
}

describe("every required field of an answer", () => {
  const dropped = new Map<SchemaNode, Set<string>>();

  it("is looked at for every operation that answers JSON", () => {
    expect(Object.keys(SAMPLES).sort()).toEqual(answering.map((one) => one.operationId).sort());
  });

  it.each(answering)("is missed by openapi.json when $operationId leaves it out", async (one) => {
    const validate = answerValidator(one.path, one.method);
    const survivors = new Set<string>();
    for (const whole of await answersOf(one.operationId)) {
      expect(validate(whole), JSON.stringify(validate.errors)).toBe(true);
      dropEach({ validate, whole, dropped, survivors }, one.schema, whole, []);
    }
    expect([...survivors]).toEqual([]);
  });

  it("occurs in some answer, so that all of them were left out once", () => {
    const never = answering
      .flatMap(({ schema }) => requiredFields(schema))
      .filter(({ schema, field }) => dropped.get(schema)?.has(field) !== true)
      .map(({ schema, field }) => `${schema.description}: ${field}`);
    expect([...new Set(never)]).toEqual([]);
  });
});
