import type { Critbatch } from "../client.ts";
import type { Flag } from "./flags.ts";
import type { Paint } from "./layout.ts";

/** What a command has read before it asks the service. */
export interface Question {
  /** Positional arguments before the request file. */
  readonly names: readonly string[];
  /** The JSON file with the flags over it; undefined when neither was given. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** A command of the program: one call of the service and how its answer is shown. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Positional arguments in the usage line, before the request file. */
  readonly takes: readonly string[];
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
  /** What to do when the service knows no item of the name given. */
  readonly whenNotFound?: string;
  /** @throws {UsageError} when the question cannot be asked. */
  readonly ask: (client: Critbatch, question: Question) => Promise<Shown>;
}

/** An answer of the service and its form for a person. */
export interface Shown {
  readonly answer: unknown;
  readonly text: (paint: Paint) => string;
}
