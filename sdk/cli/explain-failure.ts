import { ApiProblemError, ProbeEndedError, TransportError } from "../errors.ts";
import type { Command } from "./command.ts";
import { RefusedError, UsageError } from "./flags.ts";
import { WatchEnded } from "./watch-probe.ts";

/** 0 answered, 1 the service answered a problem or a probe has no result, 2 usage, 3 the service cannot be reached, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 130;

interface Explained {
  readonly message: string;
  readonly exitCode: ExitCode;
}

/** The command line that failed. */
export interface Asked {
  readonly command: Command;
  readonly asJson: boolean;
  /** Given as --url. */
  readonly url: string | undefined;
}

/** What a failure means to the person at the command line. */
export function explainFailure(failure: unknown, asked: Asked): Explained {
  const { command, asJson } = asked;
  if (failure instanceof UsageError) {
    const help = `critbatch ${command.name} --help lists the options`;
    return { message: `critbatch ${command.name}: ${failure.message}\n${help}\n`, exitCode: 2 };
  }
  if (failure instanceof RefusedError) {
    return { message: `critbatch: ${failure.message}\n`, exitCode: 1 };
  }
  if (failure instanceof ApiProblemError) {
    return { message: asJson ? problemJson(failure) : problemText(failure, command), exitCode: 1 };
  }
  if (failure instanceof ProbeEndedError) {
    const { job, message } = failure;
    return { message: asJson ? jsonText(job) : `critbatch: ${message}\n`, exitCode: 1 };
  }
  if (failure instanceof WatchEnded) return explainWatch(failure, asked);
  if (failure instanceof TransportError) {
    const advice = "Start the service with npm start, or name another with --url or CRITBATCH_URL.";
    return { message: `critbatch: ${failure.message}\n${advice}\n`, exitCode: 3 };
  }
  throw failure;
}

/** Whatever ended the watch, the probe goes on: how to go on with it. */
function explainWatch(ended: WatchEnded, asked: Asked): Explained {
  const { probeId, isInterrupted, cause } = ended;
  const { message, exitCode }: Explained = isInterrupted
    ? { message: "critbatch: stopped watching\n", exitCode: 130 }
    : explainFailure(cause, asked);
  const { url } = asked;
  const there = url === undefined ? "" : ` --url ${shellWord(url)}`;
  const advice =
    probeId === undefined
      ? `The service had not answered; critbatch probes list${there} tells whether it took the probe.`
      : `The probe goes on in the service: critbatch probes watch ${probeId}${there}`;
  return { message: `${message}${advice}\n`, exitCode };
}

/** As a shell takes it for one word. */
function shellWord(text: string): string {
  return /^[\w:/.@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function problemJson({
  type,
  title,
  status,
  detail,
  instance,
  requestId,
  errors,
}: ApiProblemError) {
  return jsonText({ type, title, status, detail, instance, requestId, errors });
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function problemText(problem: ApiProblemError, { flags, whenNotFound }: Command): string {
  const places = problem.errors.map(({ pointer, message }) => {
    const flag = flags.find(({ place }) => isAt(pointer, place));
    const where = pointer === "" ? "the request" : pointer;
    return `  ${flag === undefined ? where : `--${flag.name} (${where})`}: ${message}\n`;
  });
  const lead = `critbatch: ${problem.title} (${problem.status})\n`;
  const hint =
    problem.type === "/problems/not-found" && whenNotFound !== undefined
      ? `  ${whenNotFound}\n`
      : "";
  const body = places.length > 0 ? places.join("") : `  ${problem.detail}\n${hint}`;
  return `${lead}${body}  request ${problem.requestId}\n`;
}

/** Whether a pointer into the body, or the name of a query parameter, is of a place or below it. */
function isAt(pointer: string, place: string): boolean {
  return (
    pointer === place || pointer.startsWith(`${place}/`) || pointer === place.replace("/", "?")
  );
}
