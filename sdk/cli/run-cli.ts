import { Critbatch } from "../client.ts";
import type { Fetch } from "../options.ts";
import { DEFAULTS } from "../options.ts";
import { VERSION } from "../version.ts";
import type { Command, Watch } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { type ExitCode, explainFailure } from "./explain-failure.ts";
import {
  type CommandLine,
  nearest,
  readCommandLine,
  readNumber,
  UsageError,
  withPlaces,
} from "./flags.ts";
import { commandHelp, programHelp } from "./help.ts";
import { COLOURS, PLAIN } from "./layout.ts";
import { type ProgressBar, progressBar } from "./progress-bar.ts";
import { readJsonObject } from "./request-text.ts";

/** What the program needs of the process that it runs in. */
export interface Surroundings {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person reads standard output. */
  readonly isTerminal: boolean;
  /** Whether a person sees standard error: a progress bar is drawn there. */
  readonly isErrorTerminal?: boolean;
  /** Asked for once by a command that can stop what it began: aborted when a person presses Ctrl-C. */
  readonly interrupted?: () => AbortSignal;
  readonly readInput: () => Promise<string>;
  readonly readFile: (path: string) => Promise<string>;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly fetch?: Fetch;
}

/** Runs one command line; the answer goes to `print`, everything else to `complain`. */
export async function runCli(around: Surroundings): Promise<ExitCode> {
  const [name, ...args] = around.args;
  if (name === "--version") return printed(around, `${VERSION}\n`);
  if (name === "--help" || name === "-h") return printed(around, programHelp(COMMANDS));
  if (name === undefined) {
    around.complain(programHelp(COMMANDS));
    return 2;
  }
  const command = COMMANDS.find((known) => known.name === name);
  if (command === undefined) {
    const near = nearest(
      name,
      COMMANDS.map((known) => known.name),
    );
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    around.complain(`critbatch: there is no command ${name}${hint}\n`);
    return 2;
  }
  return runCommand(around, command, args);
}

function printed(around: Surroundings, text: string): ExitCode {
  around.print(text);
  return 0;
}

async function runCommand(
  around: Surroundings,
  command: Command,
  args: readonly string[],
): Promise<ExitCode> {
  let asJson = args.includes("--json");
  const bar = progressBar(around.complain, () => performance.now());
  let signal: AbortSignal | undefined;
  try {
    const line = readCommandLine(args, command.flags);
    if (line.options.help) return printed(around, commandHelp(command));
    asJson = line.options.json;
    const client = clientOf(around, line);
    const watch = () => {
      signal = around.interrupted?.();
      return watchOf(around, line, bar, signal);
    };
    const question = await questionOf(around, command, line);
    const { answer, text } = await command.ask(client, question, watch);
    const paint = hasColour(around) ? COLOURS : PLAIN;
    bar.erase();
    return printed(around, asJson ? `${JSON.stringify(answer, null, 2)}\n` : text(paint));
  } catch (failure) {
    bar.erase();
    if (signal?.aborted === true) {
      around.complain("critbatch: stopped, here and in the service\n");
      return 130;
    }
    const { message, exitCode } = explainFailure(failure, command, asJson);
    around.complain(message);
    return exitCode;
  }
}

function watchOf(
  { isErrorTerminal, env }: Surroundings,
  { options: { timeout, retries } }: CommandLine,
  bar: ProgressBar,
  signal: AbortSignal | undefined,
): Watch {
  const timeoutMs = timeout === undefined ? undefined : 1000 * readNumber("--timeout", timeout);
  return {
    ...(signal && { signal }),
    ...(timeoutMs !== undefined && { totalTimeoutMs: timeoutMs, attemptTimeoutMs: timeoutMs }),
    ...(retries !== undefined && { retries: readNumber("--retries", retries) }),
    ...(isErrorTerminal === true && env["TERM"] !== "dumb" && { onProgress: bar.draw }),
  };
}

function hasColour({ isTerminal, env }: Surroundings): boolean {
  return isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

function clientOf(around: Surroundings, { options }: CommandLine): Critbatch {
  const {
    url = around.env["CRITBATCH_URL"] || DEFAULTS.baseUrl,
    timeout,
    retries,
    verbose,
  } = options;
  try {
    return new Critbatch({
      baseUrl: url,
      userAgent: "cli",
      ...(around.fetch === undefined ? {} : { fetch: around.fetch }),
      ...(timeout === undefined ? {} : { totalTimeoutMs: 1000 * readNumber("--timeout", timeout) }),
      ...(retries === undefined ? {} : { retries: readNumber("--retries", retries) }),
      ...(verbose ? { logger: (event) => around.complain(`${JSON.stringify(event)}\n`) } : {}),
    });
  } catch (mistake) {
    if (mistake instanceof RangeError) throw new UsageError(mistake.message);
    throw mistake;
  }
}

async function questionOf(around: Surroundings, command: Command, line: CommandLine) {
  const names = line.positionals.filter((word) => !isFile(word)).slice(0, command.takes.length);
  const files = line.positionals.filter((word) => !names.includes(word));
  if (files.length > 1) throw new UsageError(`one request file, not ${files.join(" and ")}`);
  const [file] = files;
  const read = command.file?.read ?? readJsonObject;
  const written = file === undefined ? undefined : await readText(around, file, read);
  const isAsked = written !== undefined || line.places.size > 0;
  if (!isAsked) return { names, body: undefined };
  return { names, body: withPlaces(written ?? {}, await withFiles(around, command, line.places)) };
}

/** What the options give, with the files that some of them name read. */
async function withFiles(around: Surroundings, { flags }: Command, places: CommandLine["places"]) {
  const filled = new Map(places);
  for (const { kind, place } of flags) {
    const path = filled.get(place);
    if (typeof path !== "string" || (kind !== "file" && kind !== "content")) continue;
    filled.set(
      place,
      await readText<unknown>(around, path, kind === "file" ? readJsonObject : asIs),
    );
  }
  return filled;
}

function asIs(text: string): string {
  return text;
}

function isFile(word: string): boolean {
  return word === "-" || word.endsWith(".json") || word.includes("/");
}

async function readText<T>(
  around: Surroundings,
  file: string,
  read: (text: string, name: string) => T,
): Promise<T> {
  const name = file === "-" ? "standard input" : file;
  let text: string;
  try {
    text = await (file === "-" ? around.readInput() : around.readFile(file));
  } catch (failure) {
    throw new UsageError(`${name} cannot be read: ${(failure as Error).message}`);
  }
  return read(text.replace(/^\uFEFF/, ""), name);
}
