import type { ValidateFunction } from "ajv/dist/2020.js";
import { type OPERATIONS, validatorAt } from "./document.ts";

export type Operation = (typeof OPERATIONS)[number];

const validators = new Map<string, ValidateFunction>();

function answerValidator({ path, method }: Operation, status: string, mediaType: string) {
  const key = `${method} ${path} ${status} ${mediaType}`;
  let validate = validators.get(key);
  if (validate === undefined) {
    validate = validatorAt(
      "paths",
      path,
      method,
      "responses",
      status,
      "content",
      mediaType,
      "schema",
    );
    validators.set(key, validate);
  }
  return validate;
}

/** What is wrong with an answer against openapi.json; undefined when nothing is. */
export async function violation(one: Operation, response: Response): Promise<string | undefined> {
  const status = String(response.status);
  const name = `${one.operation.operationId} ${status}`;
  const text = await response.text();
  const documented = one.operation.responses[status];
  if (documented === undefined) return `${name} is not documented: ${text.slice(0, 500)}`;
  if (documented.content === undefined) return text === "" ? undefined : `${name} has a body`;
  const mediaType = (response.headers.get("Content-Type") ?? "").split(";")[0] ?? "";
  if (documented.content?.[mediaType] === undefined) {
    return `${name} is not documented as ${mediaType}`;
  }
  const validate = answerValidator(one, status, mediaType);
  if (validate(mediaType.endsWith("json") ? JSON.parse(text) : text)) return undefined;
  return `${name}: ${JSON.stringify(validate.errors)} in ${text.slice(0, 500)}`;
}
