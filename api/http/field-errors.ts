import type { z } from "@hono/zod-openapi";
import type { FieldError } from "../../schemas/service/problem.ts";

type Issue = z.core.$ZodIssue;
type IssueOf<C extends Issue["code"]> = Extract<Issue, { readonly code: C }>;
type Path = readonly PropertyKey[];

/** An answer names this many refused places at most, however many there are. */
export const MAX_ERRORS = 32;
/** A longer key is not repeated back; its parent is named instead. */
const MAX_KEY_LENGTH = 100;

/** The places that a schema refused, as the `errors` of a problem. */
export function fieldErrors(
  target: string,
  input: unknown,
  issues: readonly Issue[],
): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const issue of issues) {
    for (const error of errorsOf(target, input, [], issue)) {
      if (errors.length === MAX_ERRORS) return errors;
      errors.push(error);
    }
  }
  return errors;
}

function* errorsOf(
  target: string,
  input: unknown,
  above: Path,
  issue: Issue,
): Generator<FieldError> {
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) yield unknownField(target, path, key);
    return;
  }
  const branch = issue.code === "invalid_union" ? closestBranch(issue) : [];
  if (branch.length > 0) {
    for (const inner of branch) yield* errorsOf(target, input, path, inner);
    return;
  }
  yield { pointer: pointerOf(target, path), ...expectation(target, input, path, issue) };
}

function unknownField(target: string, path: Path, key: string): FieldError {
  const named = key.length <= MAX_KEY_LENGTH ? [...path, key] : path;
  const noun = target === "query" ? "query parameter" : "field";
  return { pointer: pointerOf(target, named), code: "unknown-field", message: `no such ${noun}` };
}

/** The alternative of a union that the input came closest to: fewest unknown and missing fields. */
function closestBranch(issue: IssueOf<"invalid_union">): readonly Issue[] {
  let closest: readonly Issue[] = [];
  let fewest = Number.POSITIVE_INFINITY;
  for (const branch of issue.errors) {
    const distance = branchDistance(branch);
    if (distance < fewest) {
      fewest = distance;
      closest = branch;
    }
  }
  return closest;
}

function branchDistance(branch: readonly Issue[]): number {
  let distance = 0;
  for (const issue of branch) {
    distance += issue.path.length === 0 ? 10 : 1;
    if (issue.code === "unrecognized_keys") distance += issue.keys.length;
  }
  return distance;
}

function pointerOf(target: string, path: Path): string {
  if (target === "query") return `?${path.map(String).join("/")}`;
  let pointer = "";
  for (const step of path) {
    pointer += `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;
  }
  return pointer;
}

function expectation(
  target: string,
  input: unknown,
  path: Path,
  issue: Issue,
): Omit<FieldError, "pointer"> {
  const plus = target === "query" ? plusInQuery(valueAt(input, path)) : undefined;
  if (plus !== undefined) return plus;
  switch (issue.code) {
    case "invalid_type":
      return invalidType(target, valueAt(input, path), issue);
    case "too_small":
      return { code: "too-small", message: `expected ${boundary(issue, "more than", "at least")}` };
    case "too_big":
      return { code: "too-large", message: `expected ${boundary(issue, "less than", "at most")}` };
    case "invalid_value":
      return missingOr(valueAt(input, path), "invalid-value", oneOf(issue.values));
    case "invalid_union":
      return { code: "invalid-value", message: `expected ${alternatives(issue)}` };
    case "invalid_format":
      return { code: "invalid-format", message: `expected ${withoutPrefix(issue.message)}` };
    case "not_multiple_of":
      return { code: "not-a-multiple", message: `expected a multiple of ${issue.divisor}` };
    case "custom":
      return {
        code: typeof issue.params?.["code"] === "string" ? issue.params["code"] : "invalid",
        message: `expected ${withoutPrefix(issue.message)}`,
      };
    default:
      return { code: "invalid", message: "expected a value of the documented form" };
  }
}

/** 1e+9 in a query arrives as `1e 9`. */
function plusInQuery(found: unknown): Omit<FieldError, "pointer"> | undefined {
  if (typeof found !== "string" || !/^[-.\d][-.\d]*e \d+$/i.test(found)) return undefined;
  const [mantissa, exponent] = found.split(" ");
  return {
    code: "plus-in-query",
    message: `expected ${mantissa}${exponent} or ${mantissa}%2B${exponent}: a + in a query stands for a space`,
  };
}

function invalidType(
  target: string,
  found: unknown,
  issue: IssueOf<"invalid_type">,
): Omit<FieldError, "pointer"> {
  const expected = KIND_NAMES[issue.expected] ?? issue.expected;
  if (target === "query" && Array.isArray(found)) {
    return { code: "repeated", message: "expected the parameter once" };
  }
  return missingOr(found, "invalid-type", expected);
}

function missingOr(found: unknown, code: string, expected: string): Omit<FieldError, "pointer"> {
  return found === undefined
    ? { code: "required", message: `expected ${expected}; it is missing` }
    : { code, message: `expected ${expected}` };
}

const KIND_NAMES: Readonly<Record<string, string>> = {
  number: "a finite number",
  int: "a whole number",
  string: "text",
  object: "an object",
  array: "a list",
  boolean: "true or false",
};

function boundary(
  issue: IssueOf<"too_small"> | IssueOf<"too_big">,
  exclusive: string,
  inclusive: string,
): string {
  const bound = issue.code === "too_small" ? issue.minimum : issue.maximum;
  const noun =
    issue.origin === "array" ? " entries" : issue.origin === "string" ? " characters" : "";
  return `${issue.inclusive === false ? exclusive : inclusive} ${bound}${noun}`;
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.map((value) => JSON.stringify(value)).join(", ");
  return values.length === 1 ? shown : `one of ${shown}`;
}

function alternatives(issue: IssueOf<"invalid_union">): string {
  const options = "options" in issue ? issue.options : undefined;
  return options === undefined ? "one of the documented forms" : oneOf(options);
}

/** A message of a schema says what was expected, with or without the word. */
function withoutPrefix(message: string): string {
  return message.replace(/^expected /i, "").replace(/^Invalid (input|string): /, "");
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.hasOwn(value, step) ? (value as Record<PropertyKey, unknown>)[step] : undefined;
  }
  return value;
}
