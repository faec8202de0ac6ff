import type { Critbatch } from "../client.ts";
import type { CallOptions } from "../options.ts";
import type { ProbeWatch } from "../probe.ts";
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
  /** What the request file may hold; a JSON object when absent. */
  readonly file?: RequestFile;
  /** What to do when the service knows no item of the name given. */
  readonly whenNotFound?: string;
  /** @throws {UsageError} when the question cannot be asked. */
  readonly ask: (client: Critbatch, question: Question, watch: () => Watch) => Promise<Shown>;
}

/** How a long call is watched and stopped; asking for it is what makes Ctrl-C stop the work in the service. */
export type Watch = CallOptions & ProbeWatch;

/** A request file that is more than a JSON object. */
export interface RequestFile {
  /** For the help. */
  readonly holds: string;
  /** @throws {UsageError} when the text is none. */
  readonly read: (text: string, name: string) => Readonly<Record<string, unknown>>;
}

/** An answer of the service and its form for a person. */
export interface Shown {
  readonly answer: unknown;
  readonly text: (paint: Paint) => string;
}
