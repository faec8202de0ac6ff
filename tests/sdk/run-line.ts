import { runCli } from "../../sdk/cli/run-cli.ts";
import type { Fetch } from "../../sdk/index.ts";
import { inProcess } from "./fetches.ts";

interface Surrounding {
  readonly env?: Record<string, string>;
  readonly isTerminal?: boolean;
  readonly errorColumns?: number;
  readonly interrupted?: () => AbortSignal;
  readonly input?: string | Uint8Array;
  readonly files?: Record<string, string | Uint8Array>;
  readonly fetch?: Fetch;
}

/** Runs one command line against the service in this process. */
export async function run(line: string, around: Surrounding = {}) {
  const { env = {}, isTerminal = false, input = "", files = {}, fetch = inProcess() } = around;
  const { errorColumns, interrupted } = around;
  let out = "";
  let err = "";
  const exitCode = await runCli({
    args: line === "" ? [] : line.split(" "),
    env,
    isTerminal,
    ...(errorColumns !== undefined && { errorColumns }),
    ...(interrupted && { interrupted }),
    fetch,
    readInput: () => inPieces(input),
    readFile: (path) => inPieces(files[path] ?? new Error(`ENOENT: no such file ${path}`)),
    print: (text) => {
      out += text;
    },
    complain: (text) => {
      err += text;
    },
  });
  return { exitCode, out, err };
}

const PIECE_BYTES = 65_536;

/** As a file is read: piece by piece, and a failure when it is begun. */
async function* inPieces(whole: string | Uint8Array | Error): AsyncGenerator<Uint8Array> {
  if (whole instanceof Error) throw whole;
  const bytes = typeof whole === "string" ? new TextEncoder().encode(whole) : whole;
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.slice(at, at + PIECE_BYTES);
}
