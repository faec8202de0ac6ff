import type { Command, Question } from "./command.ts";
import { type CommandLine, UsageError, withPlaces } from "./flags.ts";
import { grouped } from "./quantity-text.ts";
import { readJsonObject } from "./request-text.ts";

/** Where files come from. */
export interface Files {
  readonly readInput: () => AsyncIterable<Uint8Array>;
  readonly readFile: (path: string) => AsyncIterable<Uint8Array>;
}

/**
 * What a command line asks, its files read.
 *
 * @throws {UsageError} when a file cannot be read, or something is given that the command does not take.
 */
export async function readQuestion(
  files: Files,
  command: Command,
  line: CommandLine,
): Promise<Question> {
  const { names, file } = wordsOf(command, line.positionals);
  const common = {
    names,
    readBytes: (path: string, mostBytes: number) => readBytes(files, path, mostBytes),
  };
  const read = (command.file !== "none" && command.file?.read) || readJsonObject;
  const written = file === undefined ? undefined : await readText(files, file, read);
  if (written === undefined && line.places.size === 0) return { ...common, body: undefined };
  const places = await withFiles(files, command, line.places);
  return { ...common, body: withPlaces(written ?? {}, places) };
}

function wordsOf({ takes, file }: Command, words: readonly string[]) {
  if (file === "none") {
    const [more] = words.slice(takes.length);
    if (more !== undefined) throw new UsageError(`unexpected ${JSON.stringify(more)}`);
    return { names: words, file: undefined };
  }
  const names = words.filter((word) => !isFile(word)).slice(0, takes.length);
  const rest = words.filter((word) => !names.includes(word));
  if (rest.length > 1) throw new UsageError(`one request file, not ${rest.join(" and ")}`);
  return { names, file: rest[0] };
}

function isFile(word: string): boolean {
  return word === "-" || word.endsWith(".json") || word.includes("/");
}

/** What the options give, with the files that some of them name read. */
async function withFiles(files: Files, { flags }: Command, places: CommandLine["places"]) {
  const filled = new Map(places);
  for (const { kind, place } of flags) {
    const path = filled.get(place);
    if (typeof path !== "string" || (kind !== "file" && kind !== "content")) continue;
    const read = kind === "file" ? readJsonObject : (text: string) => text;
    filled.set(place, await readText<unknown>(files, path, read));
  }
  return filled;
}

async function readText<T>(
  files: Files,
  path: string,
  read: (text: string, name: string) => T,
): Promise<T> {
  const bytes = await readBytes(files, path, Number.POSITIVE_INFINITY);
  return read(decoded(bytes, path), nameOf(path));
}

/** The text without a byte order mark. */
function decoded(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${nameOf(path)} is not UTF-8`);
  }
}

const nameOf = (path: string): string => (path === "-" ? "standard input" : path);

async function readBytes(
  files: Files,
  path: string,
  mostBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of path === "-" ? files.readInput() : files.readFile(path)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > mostBytes) break;
    }
  } catch (failure) {
    throw new UsageError(`${nameOf(path)} cannot be read: ${(failure as Error).message}`);
  }
  if (length > mostBytes) {
    throw new UsageError(
      `${nameOf(path)} has more than ${grouped(mostBytes)} bytes, the most it may`,
    );
  }
  return joined(chunks, length);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
