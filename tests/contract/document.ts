import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/** A JSON schema as it stands in openapi.json, as far as the tests walk it. */
export interface SchemaNode {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly example?: unknown;
  readonly examples?: unknown;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly "x-unit"?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
  readonly prefixItems?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

interface MediaTypes {
  readonly [mediaType: string]: { readonly schema: SchemaNode };
}

export interface OperationNode {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
    readonly schema: SchemaNode;
  }[];
  readonly requestBody?: { readonly content: MediaTypes };
  readonly responses: Readonly<Record<string, { readonly content?: MediaTypes }>>;
}

interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationNode>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, SchemaNode>> };
}

export const DOCUMENT = JSON.parse(
  readFileSync(new URL("../../schemas/openapi.json", import.meta.url), "utf8"),
) as OpenApiDocument;

/** Every operation of the document with its path and method. */
export const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, operation]) => operation.operationId !== undefined)
    .map(([method, operation]) => ({ path, method, operation })),
);

const ajv = new Ajv2020({ strict: false, allErrors: false });
addFormats(ajv);
ajv.addSchema(DOCUMENT, "openapi.json");

const escapePointer = (step: string) => step.replaceAll("~", "~0").replaceAll("/", "~1");

/** The schema at a place of the document, as a validator that knows nothing of zod. */
export function validatorAt(...steps: readonly string[]): ValidateFunction {
  const pointer = steps.map(escapePointer).map(encodeURIComponent).join("/");
  return ajv.compile({ $ref: `openapi.json#/${pointer}` });
}

/** Follows a `$ref` into the components. */
export function resolve(schema: SchemaNode): SchemaNode {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace("#/components/schemas/", "");
  const target = DOCUMENT.components.schemas[name];
  if (target === undefined) throw new Error(`${schema.$ref} is not in the document`);
  return target;
}
