import { parseArgs } from "node:util";
import { NUMBER_FORMS, readQuantity } from "./quantity-text.ts";

/** A mistake on the command line: shown as it is, exit code 2. */
export class UsageError extends Error {}

/** What was asked for cannot be done as things stand: shown as it is, exit code 1. */
export class RefusedError extends Error {}

/** An option that fills one place of the request. */
export interface Flag {
  readonly name: string;
  /** JSON Pointer of the place that it fills. */
  readonly place: string;
  /**
   * number: read by readQuantity. given: the same, sent as an Estimate without error. file: a JSON file, sent as
   * it is. content: the text of a file. yes-no: sent as true or false. switch: true when it is there.
   */
  readonly kind: "number" | "text" | "given" | "file" | "content" | "yes-no" | "switch";
  readonly help: string;
}

/** An option whose number fills one place. */
export const number = (name: string, place: string, help: string): Flag => ({
  name,
  place,
  kind: "number",
  help,
});

/** An option whose word fills one place. */
export const text = (name: string, place: string, help: string): Flag => ({
  name,
  place,
  kind: "text",
  help,
});

/** An option that names a JSON file, whose content fills one place. */
export const file = (name: string, place: string, help: string): Flag => ({
  name,
  place,
  kind: "file",
  help,
});

/** An option that names a file, whose text fills one place. */
export const content = (name: string, place: string, help: string): Flag => ({
  name,
  place,
  kind: "content",
  help,
});

/** An option that takes no value: true when it is there. */
export const onOff = (name: string, place: string, help: string): Flag => ({
  name,
  place,
  kind: "switch",
  help,
});

export interface CommandLine {
  readonly positionals: readonly string[];
  /** Of the flags that were given: place and value. */
  readonly places: ReadonlyMap<string, unknown>;
  readonly options: GlobalOptions;
}

export interface GlobalOptions {
  readonly url?: string | undefined;
  readonly timeout?: string | undefined;
  readonly retries?: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly help: boolean;
}

export const GLOBAL_HELP: readonly (readonly [string, string])[] = [
  ["--json", "print the whole answer as JSON"],
  ["--url URL", "address of the service (CRITBATCH_URL, else http://127.0.0.1:8787)"],
  ["--timeout SECONDS", "give up after so long, retries included (120; a probe: never)"],
  ["--retries N", "further attempts when the service cannot be reached or is busy (2)"],
  ["-q, --quiet", "no progress on standard error while a probe is watched"],
  ["-v, --verbose", "tell of every attempt on standard error"],
  ["-h, --help", "this text"],
];

const GLOBAL_OPTIONS = {
  url: { type: "string" },
  timeout: { type: "string" },
  retries: { type: "string" },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", short: "q", default: false },
  verbose: { type: "boolean", short: "v", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** Reads the options of a command. */
export function readCommandLine(args: readonly string[], flags: readonly Flag[]): CommandLine {
  const known = Object.fromEntries(
    flags.map(({ name, kind }) => [
      name,
      { type: kind === "switch" ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  const { values, positionals } = parse(args, { ...known, ...GLOBAL_OPTIONS });
  const places = new Map<string, unknown>();
  for (const flag of flags) {
    const text = values[flag.name];
    if (typeof text === "string") places.set(flag.place, readFlag(flag, text));
    if (text === true) places.set(flag.place, true);
  }
  return { positionals, places, options: values as unknown as GlobalOptions };
}

function parse(args: readonly string[], options: NonNullable<OptionsConfig>) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (mistake) {
    const { code, message } = mistake as NodeJS.ErrnoException;
    const [, unknown] = /^Unknown option '(--?[^']*)'/.exec(message) ?? [];
    if (code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION" || unknown === undefined) {
      throw new UsageError(message);
    }
    const near = nearest(unknown.replace(/^-+/, ""), Object.keys(options));
    const hint = near === undefined ? "" : `; did you mean --${near}?`;
    throw new UsageError(`there is no option ${unknown}${hint}`);
  }
}

type OptionsConfig = NonNullable<Parameters<typeof parseArgs>[0]>["options"];

function readFlag({ name, kind }: Flag, text: string): unknown {
  if (kind === "text" || kind === "file" || kind === "content") return text;
  if (kind === "yes-no") return readYesOrNo(`--${name}`, text);
  const number = readNumber(`--${name}`, text);
  if (kind === "number") return number;
  const interval = { lower: number, upper: number, level: 0.8 };
  return { value: number, interval, basis: "given" };
}

function readYesOrNo(name: string, text: string): boolean {
  if (text === "yes" || text === "true") return true;
  if (text === "no" || text === "false") return false;
  throw new UsageError(`${name}: expected yes or no, received ${JSON.stringify(text)}`);
}

/** @throws {UsageError} when the text is no number. */
export function readNumber(name: string, text: string): number {
  const number = readQuantity(text);
  if (number === undefined || !Number.isFinite(number)) {
    throw new UsageError(`${name}: expected ${NUMBER_FORMS}, received ${JSON.stringify(text)}`);
  }
  return number;
}

/** The known name that a mistyped one most likely means. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((name) => ({ name, distance: editDistance(typed, name) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= Math.max(1, typed.length / 3)
    ? best.name
    : undefined;
}

/** Fewest letters to insert, drop or replace. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_unused, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}

type JsonObject = Record<string, unknown>;

/** A request body with the values of the flags put over it. */
export function withPlaces(
  body: Readonly<JsonObject>,
  places: ReadonlyMap<string, unknown>,
): JsonObject {
  const filled = structuredClone(body) as JsonObject;
  for (const [place, value] of places) {
    const steps = place.slice(1).split("/");
    const last = steps.pop() ?? "";
    let block = filled;
    for (const step of steps) {
      const inner = block[step];
      const next = isObject(inner) ? inner : {};
      block[step] = next;
      block = next;
    }
    block[last] = value;
  }
  return filled;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
