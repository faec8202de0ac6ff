import type { Question } from "./command.ts";
import { type Flag, number, text, UsageError } from "./flags.ts";

export const MODEL: readonly Flag[] = [
  number("params", "/model/nonEmbeddingParams", "parameters without embeddings"),
  number("total-params", "/model/totalParams", "all parameters"),
  number(
    "active-params",
    "/model/activeNonEmbeddingParams",
    "of a mixture of experts: parameters used for one token; with --total-params",
  ),
];

export const TOKENS: readonly Flag[] = [
  number("tokens", "/data/trainingTokens", "tokens of the whole run"),
  number("unique-tokens", "/data/uniqueTokens", "distinct tokens at hand"),
];

export const LEVEL: Flag = number(
  "level",
  "/intervalLevel",
  "coverage of the intervals, 0.5 to 0.99 (0.8)",
);

export const PIN: Flag = text(
  "model-version",
  "/modelVersion",
  "refuse unless the service runs this version",
);

/** Of every list: how much of it. */
export const PAGE: readonly Flag[] = [
  number("limit", "/limit", "most items, 1 to 100 (20)"),
  text("cursor", "/cursor", "the page behind another one, which names it"),
];

/** @throws {UsageError} when the first positional argument is missing. */
export function nameOf({ names: [name] }: Question, needed: string): string {
  if (name === undefined) throw new UsageError(`give ${needed}`);
  return name;
}

/** @throws {UsageError} when neither a file nor an option was given. */
export function bodyOf({ body }: Question, needed: string): NonNullable<Question["body"]> {
  if (body === undefined) throw new UsageError(`give ${needed}`);
  return body;
}

/** What `bodyOf` asks for where options are enough. */
export const orOptions = (options: string): string =>
  `a JSON file, - for standard input, or options ${options}`;
