import { runCli } from "../../sdk/cli/run-cli.ts";
import type { Fetch } from "../../sdk/index.ts";
import { inProcess } from "./fetches.ts";

interface Surrounding {
  readonly env?: Record<string, string>;
  readonly isTerminal?: boolean;
  readonly isErrorTerminal?: boolean;
  readonly interrupted?: () => AbortSignal;
  readonly input?: string;
  readonly files?: Record<string, string>;
  readonly fetch?: Fetch;
}

/** Runs one command line against the service in this process. */
export async function run(line: string, around: Surrounding = {}) {
  const { env = {}, isTerminal = false, input = "", files = {}, fetch = inProcess() } = around;
  const { isErrorTerminal, interrupted } = around;
  let out = "";
  let err = "";
  const exitCode = await runCli({
    args: line === "" ? [] : line.split(" "),
    env,
    isTerminal,
    ...(isErrorTerminal !== undefined && { isErrorTerminal }),
    ...(interrupted && { interrupted }),
    fetch,
    readInput: async () => input,
    readFile: async (path) => {
      const text = files[path];
      if (text === undefined) throw new Error(`ENOENT: no such file ${path}`);
      return text;
    },
    print: (text) => {
      out += text;
    },
    complain: (text) => {
      err += text;
    },
  });
  return { exitCode, out, err };
}
