import type { Critbatch } from "../client.ts";
import type { ProbeProgress } from "../probe.ts";
import type { Flag } from "./flags.ts";
import type { Paint } from "./layout.ts";

/** What a command has read before it asks the service. */
export interface Question {
  /** Positional arguments before the request file. */
  readonly names: readonly string[];
  /** The JSON file with the flags over it; undefined when neither was given. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /**
   * The bytes of a file, or of standard input for `-`.
   *
   * @throws {UsageError} when it cannot be read, or has more bytes than `mostBytes`.
   */
  readonly readBytes: (path: string, mostBytes: number) => Promise<Uint8Array<ArrayBuffer>>;
}

/** A command of the program: one call of the service and how its answer is shown. */
export interface Command {
  /** One word, or two: that of a group and its own. */
  readonly name: string;
  readonly summary: string;
  /** Positional arguments as in the usage line, before the request file. */
  readonly takes: readonly string[];
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
  /** What the request file may hold, a JSON object when absent; `none`: the command takes no request file. */
  readonly file?: RequestFile | "none";
  /** More of the help, below the usage line. */
  readonly notes?: string;
  /** What to do when the service knows no item of the name given. */
  readonly whenNotFound?: string;
  /** @throws {UsageError} when the question cannot be asked. */
  readonly ask: (client: Critbatch, question: Question, watch: () => Watch) => Promise<Shown>;
}

/** How a probe is watched; asking for it is what makes Ctrl-C end the watch in place of the program. */
export interface Watch {
  readonly signal: AbortSignal;
  /** Limit of the whole watch; Infinity unless --timeout says so. */
  readonly timeoutMs: number;
  readonly display: ProgressDisplay;
}

/** Where the progress of a probe is seen. */
export interface ProgressDisplay {
  /** @param flopsDone - what had been done before the watch began. */
  readonly begin: (probeId: string, flopsDone: number) => void;
  readonly draw: (progress: ProbeProgress) => void;
  readonly erase: () => void;
}

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
