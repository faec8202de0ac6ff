import { Critbatch } from "../client.ts";
import { type CallEvent, DEFAULTS, type Fetch } from "../options.ts";
import { VERSION } from "../version.ts";
import type { Command, ProgressDisplay, Watch } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { type ExitCode, explainFailure } from "./explain-failure.ts";
import { findCommand, groupOf, nearestCommand } from "./find-command.ts";
import { type CommandLine, readCommandLine, readNumber, UsageError } from "./flags.ts";
import { commandHelp, groupHelp, programHelp } from "./help.ts";
import { COLOURS, PLAIN } from "./layout.ts";
import { type Files, readQuestion } from "./read-question.ts";
import { NO_PROGRESS, progressBar, progressLines } from "./show-progress.ts";

/** What the program needs of the process that it runs in. */
export interface Surroundings extends Files {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person reads standard output. */
  readonly isTerminal: boolean;
  /** Width of the terminal that shows standard error, where a progress bar is drawn; absent where there is none. */
  readonly errorColumns?: number;
  /** Asked for once by a command that watches something: aborted when a person presses Ctrl-C. */
  readonly interrupted?: () => AbortSignal;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly fetch?: Fetch;
}

/** Runs one command line; the answer goes to `print`, everything else to `complain`. */
export async function runCli(around: Surroundings): Promise<ExitCode> {
  const [name] = around.args;
  if (name === "--version") return printed(around, `${VERSION}\n`);
  if (name === "--help" || name === "-h") return printed(around, programHelp(COMMANDS));
  if (name === undefined) {
    around.complain(programHelp(COMMANDS));
    return 2;
  }
  const found = findCommand(COMMANDS, around.args);
  return found === undefined
    ? withoutCommand(around, name)
    : runCommand(around, found.command, found.rest);
}

/** The help of a group, or what may have been meant. */
function withoutCommand(around: Surroundings, name: string): ExitCode {
  const [, second] = around.args;
  const group = groupOf(COMMANDS, name);
  if (group.length > 0 && (second === "--help" || second === "-h")) {
    return printed(around, groupHelp(name, group));
  }
  if (group.length > 0 && second === undefined) {
    around.complain(groupHelp(name, group));
    return 2;
  }
  const typed = group.length > 0 ? `${name} ${second}` : name;
  const near = nearestCommand(COMMANDS, typed);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  around.complain(`critbatch: there is no command ${typed}${hint}\n`);
  return 2;
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
  let url: string | undefined;
  let display = NO_PROGRESS;
  try {
    const line = readCommandLine(args, command.flags);
    if (line.options.help) return printed(around, commandHelp(command));
    asJson = line.options.json;
    url = line.options.url;
    const client = clientOf(around, line);
    const question = await readQuestion(around, command, line);
    display = displayOf(around, line);
    const watch = () => watchOf(around, line, display);
    const { answer, text } = await command.ask(client, question, watch);
    const paint = hasColour(around) ? COLOURS : PLAIN;
    display.erase();
    return printed(around, asJson ? `${JSON.stringify(answer, null, 2)}\n` : text(paint));
  } catch (failure) {
    display.erase();
    const { message, exitCode } = explainFailure(failure, { command, asJson, url });
    around.complain(message);
    return exitCode;
  }
}

function watchOf(
  { interrupted }: Surroundings,
  { options: { timeout } }: CommandLine,
  display: ProgressDisplay,
): Watch {
  return {
    signal: interrupted?.() ?? new AbortController().signal,
    timeoutMs:
      timeout === undefined ? Number.POSITIVE_INFINITY : 1000 * readNumber("--timeout", timeout),
    display,
  };
}

function displayOf(
  { errorColumns, env, complain }: Surroundings,
  { options: { quiet } }: CommandLine,
): ProgressDisplay {
  if (quiet) return NO_PROGRESS;
  if (errorColumns === undefined || env["TERM"] === "dumb") return progressLines(complain);
  return progressBar(complain, errorColumns, () => performance.now());
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
      ...(verbose ? { logger: (event) => around.complain(`${eventText(event)}\n`) } : {}),
    });
  } catch (mistake) {
    if (mistake instanceof RangeError) throw new UsageError(mistake.message);
    throw mistake;
  }
}

/** The message of an error is no member that JSON shows. */
function eventText(event: CallEvent): string {
  return JSON.stringify(event, (_name, value: unknown) =>
    value instanceof Error ? { ...value, message: value.message } : value,
  );
}
