import { createReadStream } from "node:fs";
import type { ExitCode } from "./cli/explain-failure.ts";
import { runCli } from "./cli/run-cli.ts";

// A terminal that does not tell its width.
const COLUMNS = 80;

/** The program in this process: answers on standard output, everything else on standard error. */
export async function main(): Promise<ExitCode> {
  const { argv, env, stdin, stdout, stderr } = process;
  // A reader that has seen enough, such as `head`, is no failure.
  stdout.on("error", (failure: NodeJS.ErrnoException) => {
    if (failure.code !== "EPIPE") throw failure;
  });
  return runCli({
    args: argv.slice(2),
    env,
    isTerminal: stdout.isTTY === true,
    ...(stderr.isTTY === true && { errorColumns: stderr.columns || COLUMNS }),
    interrupted: () => {
      const controller = new AbortController();
      // Once: whoever presses it again does not wait.
      process.once("SIGINT", () => controller.abort());
      return controller.signal;
    },
    readInput: () => stdin,
    readFile: (path) => createReadStream(path),
    print: (answer) => stdout.write(answer),
    complain: (message) => stderr.write(message),
  });
}
