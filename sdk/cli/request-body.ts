import type { Question } from "./command.ts";
import { UsageError } from "./flags.ts";

/** The request of a command that cannot do without one. @throws {UsageError} when nothing was given. */
export function bodyOf({ body }: Question, needed: string): NonNullable<Question["body"]> {
  if (body === undefined)
    throw new UsageError(`give a JSON file, - for standard input, or options ${needed}`);
  return body;
}
