import { ApiProblemError, TransportError } from "../errors.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./flags.ts";

/** 0 answered, 1 the service answered a problem, 2 usage, 3 the service cannot be reached, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 130;

interface Explained {
  readonly message: string;
  readonly exitCode: ExitCode;
}

/** What a failure means to the person at the command line. */
export function explainFailure(failure: unknown, command: Command, asJson: boolean): Explained {
  if (failure instanceof UsageError) {
    const help = `critbatch ${command.name} --help lists the options`;
    return { message: `critbatch ${command.name}: ${failure.message}\n${help}\n`, exitCode: 2 };
  }
  if (failure instanceof ApiProblemError) {
    return { message: asJson ? problemJson(failure) : problemText(failure, command), exitCode: 1 };
  }
  if (failure instanceof TransportError) {
    const advice = "Start the service with npm start, or name another with --url or CRITBATCH_URL.";
    return { message: `critbatch: ${failure.message}\n${advice}\n`, exitCode: 3 };
  }
  throw failure;
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
  const problem = { type, title, status, detail, instance, requestId, errors };
  return `${JSON.stringify(problem, null, 2)}\n`;
}

function problemText(problem: ApiProblemError, { flags, whenNotFound }: Command): string {
  const places = problem.errors.map(({ pointer, message }) => {
    const flag = flags.find(({ place }) => pointer === place || pointer.startsWith(`${place}/`));
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
