import { describe, expect, it } from "vitest";
import { DOCUMENT, OPERATIONS, resolve, type SchemaNode } from "./document.ts";

interface Property {
  readonly place: string;
  readonly name: string;
  readonly schema: SchemaNode;
}

/** A map of anything, as of the OpenAPI document itself, declares no property. */
const isTyped = (schema: SchemaNode["additionalProperties"]): schema is SchemaNode =>
  typeof schema === "object" && Object.keys(schema).length > 0;

/** Every property below a schema, with the name of the place that declares it. */
function* propertiesOf(place: string, schema: SchemaNode): Generator<Property> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    yield { place: `${place}.${name}`, name, schema: property };
    yield* propertiesOf(`${place}.${name}`, property);
  }
  const inner = [
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(schema.prefixItems ?? []),
    ...(schema.items === undefined ? [] : [schema.items]),
  ];
  for (const child of inner) yield* propertiesOf(place, child);
  if (isTyped(schema.additionalProperties)) {
    yield { place: `${place}.*`, name: "*", schema: schema.additionalProperties };
    yield* propertiesOf(`${place}.*`, schema.additionalProperties);
  }
}

const inComponents = Object.entries(DOCUMENT.components.schemas).flatMap(([name, schema]) => [
  ...propertiesOf(name, schema),
]);

const inOperations = OPERATIONS.flatMap(({ operation }) => {
  const { operationId, parameters = [], requestBody, responses } = operation;
  const contents = [requestBody?.content, ...Object.values(responses).map((one) => one.content)];
  return [
    ...parameters.map(({ name, schema, description }) => ({
      place: `${operationId}?${name}`,
      name,
      schema: description === undefined ? schema : { description, ...schema },
    })),
    ...contents.flatMap((content) =>
      Object.values(content ?? {}).flatMap(({ schema }) => [...propertiesOf(operationId, schema)]),
    ),
  ];
});

const PROPERTIES = [...inComponents, ...inOperations];

/** The parts a property is made of: itself, what it refers to, and what it adds to that. */
function partsOf(schema: SchemaNode): readonly SchemaNode[] {
  const node = resolve(schema);
  return [schema, node, ...(node.allOf ?? []).flatMap(partsOf)];
}

const hasDescription = ({ schema }: Property) =>
  partsOf(schema).some(({ description }) => (description ?? "").length >= 5);

const typesOf = (node: SchemaNode) => (node.type === undefined ? [] : [node.type].flat());
const isOf =
  (...types: readonly string[]) =>
  ({ schema }: Property) =>
    partsOf(schema).some((node) => typesOf(node).some((type) => types.includes(type)));

const numbers = PROPERTIES.filter(isOf("number", "integer"));
const scalars = PROPERTIES.filter(isOf("number", "integer", "string", "boolean"));

const UNIT_IN_NAME =
  /(Tokens|Examples|Sequences|Steps|Params|Flops|FlopPerSecond|FlopPerSecondPerDevice|Bytes|Ms|Hours|Nats|Bits|Ratio|Fraction|Log|LearningRate|Exponent)$/;
const UNIT_IN_WORDS = /\b(unit|in the unit|HTTP status|year)\b/i;

const hasUnit = ({ name, schema }: Property) =>
  UNIT_IN_NAME.test(name) ||
  partsOf(schema).some(
    (node) => node["x-unit"] !== undefined || UNIT_IN_WORDS.test(node.description ?? ""),
  );

const BOUNDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] as const;

const hasRange = ({ schema }: Property) =>
  partsOf(schema).some(
    (node) =>
      BOUNDS.some((bound) => node[bound] !== undefined) ||
      node.enum !== undefined ||
      /unbounded/i.test(node.description ?? ""),
  );

const hasExample = ({ schema }: Property) =>
  partsOf(schema).some(
    (node) =>
      node.example !== undefined ||
      node.examples !== undefined ||
      node.default !== undefined ||
      node.const !== undefined ||
      node.enum?.length === 1,
  );

const without = (has: (property: Property) => boolean, properties: readonly Property[]) => [
  ...new Set(properties.filter((property) => !has(property)).map(({ place }) => place)),
];

describe("openapi.json", () => {
  it("describes every property and parameter", () => {
    expect(PROPERTIES.length).toBeGreaterThan(100);
    expect(without(hasDescription, PROPERTIES)).toEqual([]);
  });

  it("gives every number a unit, in its name or in words", () => {
    expect(without(hasUnit, numbers)).toEqual([]);
  });

  it("gives every number a range, or says that it is unbounded", () => {
    expect(without(hasRange, numbers)).toEqual([]);
  });

  it("gives every number, text and switch an example", () => {
    expect(without(hasExample, scalars)).toEqual([]);
  });

  it("keeps the words about one field out of the schemas that many fields share", () => {
    const shared = DOCUMENT.components.schemas["Estimate"];
    expect(shared?.description).toBe(
      "A number with an interval and the kind of evidence behind it.",
    );
    expect(shared?.example).toBeUndefined();
  });
});
