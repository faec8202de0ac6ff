// `npm run keys`: makes, lists and revokes the keys of callers, of a running service or of a stopped one's folder.
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { QUIET, ROOT } from "./paths.ts";
import { checkFolder } from "./state/check-folder.ts";
import { askService } from "./state/control-socket.ts";
import { type KeyCommand, type KeyReply, runKeyCommand } from "./state/key-commands.ts";
import { StateFailure } from "./state/state-failure.ts";

const USAGE = `npm run keys -- create NAME   makes a key and prints it, once
npm run keys -- list          lists the keys
npm run keys -- revoke NAME   ends a key, by its name or id
  --persist-to DIR            the state folder of the service (.critbatch)`;

const NAME = /^[\w.-]{1,60}$/;

function readCommand(positionals: readonly string[]): KeyCommand {
  const [keys, name = "", ...more] = positionals;
  if (more.length === 0 && keys === "list" && name === "") return { keys };
  if (more.length === 0 && (keys === "create" || keys === "revoke") && NAME.test(name)) {
    return { keys, name };
  }
  throw new StateFailure(
    name !== "" && !NAME.test(name)
      ? "a name has at most 60 letters, digits, dots, hyphens and underscores"
      : USAGE,
  );
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "persist-to": { type: "string", default: join(ROOT, ".critbatch") },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return console.log(USAGE);
  const command = readCommand(positionals);
  const folder = resolve(values["persist-to"]);
  Object.assign(process.env, QUIET);
  checkFolder(folder);
  const reply = ((await askService(folder, command)) ?? (await onFolder(folder, command))) as
    | KeyReply
    | { readonly failure: string };
  if ("failure" in reply) throw new StateFailure(reply.failure);
  for (const line of reply.lines) console.log(line);
  if (!reply.isDone) process.exitCode = 1;
}

async function onFolder(folder: string, command: KeyCommand): Promise<KeyReply> {
  const { withDatabase } = await import("./run-worker.ts");
  return withDatabase(folder, (database) => runKeyCommand(database, command));
}

try {
  await main();
} catch (failure) {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = 1;
}
