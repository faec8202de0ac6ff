import type { Command } from "./command.ts";
import { nearest } from "./flags.ts";

interface Found {
  readonly command: Command;
  readonly rest: readonly string[];
}

/** The command that a line begins with, and what follows; names of two words go first. */
export function findCommand(
  commands: readonly Command[],
  args: readonly string[],
): Found | undefined {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(" ");
    const command = commands.find((known) => known.name === name);
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  return undefined;
}

/** The commands of two words whose first one it is. */
export function groupOf(commands: readonly Command[], word: string): readonly Command[] {
  return commands.filter(({ name }) => name.startsWith(`${word} `));
}

/** The command that a mistyped one most likely means; of a group, all of it. */
export function nearestCommand(commands: readonly Command[], typed: string): string | undefined {
  const groups = commands.map(({ name }) => name.split(" ")[0] ?? name);
  const names = commands.map(({ name }) => name);
  return nearest(typed, [...new Set(typed.includes(" ") ? names : groups)]);
}
