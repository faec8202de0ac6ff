import { jsonPost } from "../in-process-app.ts";
import { resolve, type SchemaNode } from "./document.ts";
import type { Operation } from "./violation.ts";

interface MediaExamples {
  readonly schema: SchemaNode;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

/** The JSON body of an operation as it is documented. */
export function bodySchema({ operation }: Operation): SchemaNode | undefined {
  return operation.requestBody?.content["application/json"]?.schema;
}

/** The documented example bodies of an operation. */
export function exampleBodies({ operation }: Operation): readonly unknown[] {
  const media = operation.requestBody?.content["application/json"] as MediaExamples | undefined;
  if (media?.examples !== undefined) return Object.values(media.examples).map(({ value }) => value);
  return media?.example === undefined ? [] : [media.example];
}

/** The documented calls of an operation, without its path. */
export function exampleCalls(one: Operation): readonly RequestInit[] {
  const method = one.method.toUpperCase();
  const content = one.operation.requestBody?.content;
  if (content === undefined) return [{ method }];
  if (content["application/json"] !== undefined) return exampleBodies(one).map((b) => jsonPost(b));
  return Object.entries(content).map(([type, media]) => ({
    method,
    headers: { "Content-Type": type },
    body: String((media as MediaExamples).example),
  }));
}

/** Queries without which a call has nothing to answer, or takes long. */
const NEEDED_QUERY: Readonly<Record<string, string>> = {
  getRecommendation: "?nonEmbeddingParams=1e9&trainingTokens=2e10",
  // The samples run probes; here they would only take time.
  createProbe: "?dryRun=true",
};

/** The path of an operation with its parameters' examples filled in. */
export function examplePath({ path, operation }: Operation): string {
  const filled = path.replaceAll(/\{(.+?)\}/g, (_whole, name: string) => {
    const parameter = operation.parameters?.find((one) => one.name === name);
    if (parameter === undefined) throw new Error(`${path} does not document ${name}`);
    return String(parameter.schema.example ?? resolve(parameter.schema).example);
  });
  return filled + (NEEDED_QUERY[operation.operationId] ?? "");
}
