import type { Command } from "./command.ts";
import { type Flag, GLOBAL_HELP } from "./flags.ts";
import { table } from "./layout.ts";
import { NUMBER_FORMS } from "./quantity-text.ts";

const EXIT_CODES = table([
  ["0", "answered; that nothing can be recommended, with the reason, is an answer too"],
  ["1", "the service answered with a problem, or the probe failed or was cancelled"],
  ["2", "the command line or the request file is wrong"],
  ["3", "the service cannot be reached, or did not answer in time"],
  ["130", "stopped by Ctrl-C; a probe goes on in the service"],
]);

/** The help of the whole program. */
export function programHelp(commands: readonly Command[]): string {
  return `Batch size, learning rate and parameter count for a training run, from a critbatch service.

Usage: critbatch COMMAND [options]

Commands:
${table(commands.map(({ name, summary }) => [name, summary]))}

Options of every command:
${table(GLOBAL_HELP)}
  --version          print the version of this program

Exit codes:
${EXIT_CODES}

critbatch COMMAND --help lists the options of a command.
`;
}

const VALUES: Readonly<Record<Flag["kind"], string>> = {
  number: "N",
  given: "N",
  text: "NAME",
  file: "FILE",
  content: "FILE",
  "yes-no": "yes|no",
  switch: "",
};

/** The help of the commands that share a first word. */
export function groupHelp(group: string, commands: readonly Command[]): string {
  return `Usage: critbatch ${group} COMMAND [options]

Commands:
${table(commands.map(({ name, summary }) => [name, summary]))}

critbatch ${group} COMMAND --help lists the options of a command.
`;
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const { name, summary, takes, flags, examples, file } = command;
  const request = file === "none" ? [] : ["[FILE | -]"];
  const usage = ["critbatch", name, ...takes, ...request, "[options]"];
  const options = flags.map((flag) => [`--${flag.name} ${VALUES[flag.kind]}`.trimEnd(), flag.help]);
  const own = options.length === 0 ? "" : `Options:\n${table(options)}\n\n`;
  return `critbatch ${name}: ${summary}

Usage: ${usage.join(" ")}

${notesOf(command)}${own}Options of every command:
${table(GLOBAL_HELP)}

Examples:
${examples.map((example) => `  ${example}`).join("\n")}

Exit codes:
${EXIT_CODES}
`;
}

function notesOf({ file, notes, flags }: Command): string {
  const holds =
    file === "none" ? "" : (file?.holds ?? "is a JSON file with the body of the request");
  const lines = [
    ...(notes === undefined ? [] : [notes]),
    ...(holds === ""
      ? []
      : [`FILE ${holds}.`, "- in its place reads standard input; options win over both."]),
    ...(flags.some(({ kind }) => VALUES[kind] === "N") ? [`N is ${NUMBER_FORMS}.`] : []),
  ];
  return lines.length === 0 ? "" : `${lines.join("\n")}\n\n`;
}
