import { Critbatch } from "../client.ts";
import type { Fetch } from "../options.ts";
import { DEFAULTS } from "../options.ts";
import { VERSION } from "../version.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { type ExitCode, explainFailure } from "./explain-failure.ts";
import {
  type CommandLine,
  isObject,
  nearest,
  readCommandLine,
  readNumber,
  UsageError,
  withPlaces,
} from "./flags.ts";
import { commandHelp, programHelp } from "./help.ts";
import { COLOURS, PLAIN } from "./layout.ts";

/** What the program needs of the process that it runs in. */
export interface Surroundings {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person reads standard output. */
  readonly isTerminal: boolean;
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
  try {
    const line = readCommandLine(args, command.flags);
    if (line.options.help) return printed(around, commandHelp(command));
    asJson = line.options.json;
    const client = clientOf(around, line);
    const { answer, text } = await command.ask(client, await questionOf(around, command, line));
    const paint = hasColour(around) ? COLOURS : PLAIN;
    return printed(around, asJson ? `${JSON.stringify(answer, null, 2)}\n` : text(paint));
  } catch (failure) {
    const { message, exitCode } = explainFailure(failure, command, asJson);
    around.complain(message);
    return exitCode;
  }
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
  const written = file === undefined ? undefined : await readBody(around, file);
  const isAsked = written !== undefined || line.places.size > 0;
  return { names, body: isAsked ? withPlaces(written ?? {}, line.places) : undefined };
}

function isFile(word: string): boolean {
  return word === "-" || word.endsWith(".json") || word.includes("/");
}

async function readBody(around: Surroundings, file: string): Promise<Record<string, unknown>> {
  const name = file === "-" ? "standard input" : file;
  let text: string;
  try {
    text = await (file === "-" ? around.readInput() : around.readFile(file));
  } catch (failure) {
    throw new UsageError(`${name} cannot be read: ${(failure as Error).message}`);
  }
  let body: unknown;
  try {
    body = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (failure) {
    throw new UsageError(`${name} is not JSON: ${(failure as Error).message}`);
  }
  if (!isObject(body)) throw new UsageError(`${name} holds no JSON object`);
  return body;
}
