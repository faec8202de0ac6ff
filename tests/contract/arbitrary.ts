import fc from "fast-check";
import { resolve, type SchemaNode } from "./document.ts";

type Json = fc.Arbitrary<unknown>;

/** Values of the form that a schema of openapi.json describes. */
export function arbitraryOf(schema: SchemaNode, depth = 0): Json {
  const node = resolve(schema);
  if (node.const !== undefined) return fc.constant(node.const);
  if (node.enum !== undefined) return fc.constantFrom(...node.enum);
  const alternatives = node.oneOf ?? node.anyOf;
  if (alternatives !== undefined) {
    return fc.oneof(...alternatives.map((one) => arbitraryOf(one, depth)));
  }
  if (node.allOf !== undefined) return arbitraryOf(node.allOf[0] ?? {}, depth);
  const types = [node.type ?? "object"].flat();
  return fc.oneof(...types.map((type) => ofType(type, node, depth)));
}

function ofType(type: string, node: SchemaNode, depth: number): Json {
  switch (type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return ofRange(node).map(Math.round);
    case "number":
      return ofRange(node);
    case "string":
      return typeof node.example === "string" ? fc.constant(node.example) : fc.string();
    case "array":
      return fc.array(arbitraryOf(node.items ?? {}, depth + 1), { maxLength: 4 });
    default:
      return ofObject(node, depth);
  }
}

/** Uniform in the logarithm where the range is positive: that is how these quantities spread. */
function ofRange(node: SchemaNode): fc.Arbitrary<number> {
  const lower = node.minimum ?? node.exclusiveMinimum ?? -1e6;
  const upper = node.maximum ?? node.exclusiveMaximum ?? 1e6;
  const unit = fc.double({ min: 0, max: 1, noNaN: true });
  const inside =
    lower > 0
      ? (u: number) => lower * (upper / lower) ** u
      : (u: number) => lower + (upper - lower) * u;
  return unit.map((u) => Math.min(Math.max(inside(u), lower), upper));
}

function ofObject(node: SchemaNode, depth: number): Json {
  const fields: Record<string, Json> = {};
  for (const [name, property] of Object.entries(node.properties ?? {})) {
    const required = node.required?.includes(name) === true;
    if (required || depth < 4) fields[name] = arbitraryOf(property, depth + 1);
  }
  return fc.record(fields, { requiredKeys: [...(node.required ?? [])].filter((n) => n in fields) });
}

/**
 * Values near an example that the service answers: every number moved by up to a factor of 3 within its range,
 * now and then a field left out.
 */
export function near(example: unknown, schema: SchemaNode | undefined): Json {
  const node = schema === undefined ? undefined : resolve(schema);
  if (typeof example === "number") return nearNumber(example, node);
  if (Array.isArray(example)) {
    return fc.tuple(...example.map((one) => near(one, node?.items)));
  }
  if (typeof example !== "object" || example === null) return fc.constant(example);
  const fields: Record<string, Json> = {};
  for (const [name, inner] of Object.entries(example)) {
    fields[name] = near(inner, propertyOf(node, name));
  }
  const whole = fc.record(fields);
  const part = fc.record(fields, { requiredKeys: [] });
  return fc.oneof({ weight: 9, arbitrary: whole }, { weight: 1, arbitrary: part });
}

function propertyOf(node: SchemaNode | undefined, name: string): SchemaNode | undefined {
  if (node === undefined) return undefined;
  const own = node.properties?.[name];
  if (own !== undefined) return own;
  for (const part of [...(node.oneOf ?? []), ...(node.anyOf ?? []), ...(node.allOf ?? [])]) {
    const found = propertyOf(resolve(part), name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function nearNumber(example: number, node: SchemaNode | undefined): fc.Arbitrary<number> {
  const whole = node?.type === "integer" || (node === undefined && Number.isInteger(example));
  const factor = fc.double({ min: -1, max: 1, noNaN: true }).map((u) => 3 ** u);
  return factor.map((f) => {
    const moved = Math.min(
      Math.max(example * f, node?.minimum ?? Number.NEGATIVE_INFINITY),
      node?.maximum ?? Number.POSITIVE_INFINITY,
    );
    return whole ? Math.round(moved) : moved;
  });
}
