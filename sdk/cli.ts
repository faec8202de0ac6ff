import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { ExitCode } from "./cli/explain-failure.ts";
import { runCli } from "./cli/run-cli.ts";

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
    isErrorTerminal: stderr.isTTY === true,
    interrupted: () => {
      const controller = new AbortController();
      // Once: whoever presses it again while the service is told does not wait.
      process.once("SIGINT", () => controller.abort());
      return controller.signal;
    },
    readInput: () => text(stdin),
    readFile: (path) => readFile(path, "utf8"),
    print: (answer) => stdout.write(answer),
    complain: (message) => stderr.write(message),
  });
}
