import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type Random, seededRandom } from "../proofs/random.ts";

/** A request that a hostile or careless caller may send. */
export interface HostileCall {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

const MIB = 1_048_576;
const MOST_BYTES = 16 * MIB;
// As large as the calls take, and beyond.
const SIZES = [1000, 100_000, MIB - 1000, 4 * MIB - 1000, 8 * MIB - 1000, MOST_BYTES - 1000];

const encoder = new TextEncoder();

function* endless(unit: string): Generator<string> {
  for (;;) yield unit;
}

/** So many bytes of a unit that is repeated, between an opening and an end. */
function fill(open: string, units: Iterable<string>, close: string, bytes: number): string {
  const parts = [open];
  let length = open.length + close.length;
  for (const unit of units) {
    if (length + unit.length > bytes) break;
    parts.push(unit);
    length += unit.length;
  }
  parts.push(close);
  return parts.join("");
}

type Shape = (bytes: number, random: Random) => string;

const numbers = function* (random: Random): Generator<string> {
  for (;;) yield `${random.uniform() * 10 ** Math.round(20 * random.uniform() - 10)},`;
};

/** JSON that is large, deep, odd or broken, whatever the call. */
const JSON_SHAPES: Readonly<Record<string, Shape>> = {
  "arrays in arrays": (bytes) => "[".repeat(bytes / 2) + "]".repeat(bytes / 2),
  "objects in objects": (bytes) => fill("", endless('{"a":'), "1", bytes),
  "one long string": (bytes) => `{"name":"${"x".repeat(bytes)}"}`,
  "one long key": (bytes) => `{"${"k".repeat(bytes)}":1}`,
  escapes: (bytes) => fill('{"name":"', endless("\\u0000"), '"}', bytes),
  "one long number": (bytes) => `{"seed":${"9".repeat(bytes)}}`,
  numbers: (bytes, random) => fill('{"values":[', numbers(random), "1]}", bytes),
  "the same key": (bytes) => fill("{", endless('"task":1,'), '"task":1}', bytes),
  "different keys": (bytes) =>
    fill(
      "{",
      Array.from({ length: bytes / 12 }, (_, at) => `"k${at}":1,`),
      '"z":1}',
      bytes,
    ),
  blanks: (bytes) => `{${" ".repeat(bytes)}}`,
  "cut off": (bytes) => fill('{"values":[', endless("1,"), "", bytes),
  "not JSON": (bytes) => "NaN ".repeat(bytes / 4),
};

const row = (random: Random, columns: number) =>
  `${Array.from({ length: columns }, () => random.normal().toFixed(4)).join(",")},${random.uniform() < 0.5 ? "a" : "b"}\n`;

const rows = function* (random: Random, columns: number): Generator<string> {
  for (;;) yield row(random, columns);
};

/** Tables on which a careless parser takes the square of their size. */
const TABLE_SHAPES: Readonly<Record<string, Shape>> = {
  "quoted cells on one line": (bytes) => '"",'.repeat(bytes / 3),
  "an open quote": (bytes) => `"${"a".repeat(bytes)}`,
  "no line break": (bytes) => "1,".repeat(bytes / 2),
  "only separators": (bytes) => ",".repeat(bytes),
  "only line breaks": (bytes) => "\n".repeat(bytes),
  "only carriage returns": (bytes) => "1,2\r".repeat(bytes / 4),
  "one huge cell": (bytes) => `x,y\n1,${"7".repeat(bytes)}`,
  "alternating quotes": (bytes) => '"a"b'.repeat(bytes / 4),
  "doubled quotes": (bytes) => `"${'""'.repeat(bytes / 2)}"`,
  semicolons: (bytes) => "1;2;a\n".repeat(bytes / 6),
  "blanks and tabs": (bytes) => " \t".repeat(bytes / 2),
  "a whole table": (bytes, random) => fill("", rows(random, 8), "", bytes),
  "a wide table": (bytes, random) => fill("", rows(random, 1000), "", bytes),
  "a table of one column": (bytes) => "1\n".repeat(bytes / 2),
  "a different label a row": (bytes) =>
    fill(
      "",
      Array.from({ length: bytes / 8 }, (_, at) => `${at},l${at}\n`),
      "",
      bytes,
    ),
};

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A valid body, each of its lists as long as the size allows, with numbers that differ. */
function stretched(example: Json, bytes: number, random: Random): string {
  const length = JSON.stringify(example).length;
  const times = Math.max(2, Math.floor(bytes / (2 * length)));
  const walk = (value: Json): Json => {
    if (typeof value === "number") return value * (1 + 1e-3 * random.uniform());
    if (Array.isArray(value)) {
      return Array.from({ length: value.length * times }, (_, at) =>
        walk(value[at % value.length] ?? null),
      );
    }
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one)]));
  };
  return JSON.stringify(walk(example));
}

const EXTREMES = ["1e308", "5e-324", "-1e308", "9007199254740993", "1e-300", "0.1"];

/** A valid body with every number replaced by one at the edge of what a double holds. */
function extreme(example: Json, random: Random): string {
  const pick = () => EXTREMES[Math.floor(random.uniform() * EXTREMES.length)] ?? "0";
  return JSON.stringify(example).replaceAll(/(?<=[:[,])-?\d[\d.e+-]*/g, pick);
}

interface Call {
  readonly path: string;
  readonly examples: readonly Json[];
}

interface Media {
  readonly example?: Json;
  readonly examples?: Readonly<Record<string, { readonly value: Json }>>;
}

/** Every call of openapi.json that takes JSON. */
function jsonCalls(): readonly Call[] {
  const { paths } = JSON.parse(
    readFileSync(new URL("../../schemas/openapi.json", import.meta.url), "utf8"),
  ) as {
    readonly paths: Record<
      string,
      { readonly post?: { readonly requestBody?: { readonly content: Record<string, Media> } } }
    >;
  };
  return Object.entries(paths).flatMap(([path, { post }]) => {
    const media = post?.requestBody?.content["application/json"];
    if (media === undefined) return [];
    const examples = Object.values(media.examples ?? {}).map(({ value }) => value);
    const given = media.example === undefined ? examples : [...examples, media.example];
    const named = path.replace("{lawId}", "step-law").replace("{workload}", "teacher-mlp");
    return [{ path: named, examples: given }];
  });
}

const JSON_TYPE = { "content-type": "application/json" };

function jsonCall(name: string, path: string, text: string): HostileCall {
  return { name: `${path}: ${name}`, path, headers: JSON_TYPE, body: encoder.encode(text) };
}

function uploads(name: string, type: string, text: string): readonly HostileCall[] {
  const path = "/v1/datasets";
  const headers = { "content-type": type };
  const body = encoder.encode(text);
  const packed = { ...headers, "content-encoding": "gzip" };
  return [
    { name: `${path}: ${name}`, path, headers, body },
    { name: `${path}: ${name}, packed`, path, headers: packed, body: gzipped(body) },
  ];
}

function gzipped(body: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(body, { level: 1 }));
}

/** One body of each shape for every call, of a size that is drawn. */
function* oneRound(random: Random): Generator<HostileCall> {
  const size = () => SIZES[Math.floor(random.uniform() * SIZES.length)] ?? MIB;
  for (const [name, shape] of Object.entries(TABLE_SHAPES)) {
    const text = shape(size(), random);
    yield* uploads(name, "text/csv", text);
    const bytes = Math.min(size(), 7 * MIB);
    const csv = shape(bytes, random).slice(0, bytes);
    const task = { kind: "table", csv, target: "classification" };
    const body = JSON.stringify({ experiment: "noise-scale", task });
    yield jsonCall(`a table of ${name}`, "/v1/probes?dryRun=true", body);
  }
  for (const { path, examples } of jsonCalls()) {
    const dry = path === "/v1/probes" ? `${path}?dryRun=true` : path;
    for (const [name, shape] of Object.entries(JSON_SHAPES)) {
      yield jsonCall(name, dry, shape(size(), random));
    }
    for (const example of examples) {
      yield jsonCall("lists without end", dry, stretched(example, size(), random));
      yield jsonCall("lists of a hundred", dry, stretched(example, 100 * 40, random));
      yield jsonCall("extreme numbers", dry, extreme(example, random));
    }
  }
  yield* uploads("text", "text/plain", "To be, or not to be. ".repeat(size() / 21));
  yield* uploads("a bomb", "text/plain", "a".repeat(4 * MOST_BYTES));
}

/** So many hostile bodies, at most 16 MiB as they are sent; the same for the same seed. */
export function* hostileCalls(count: number, seed: number): Generator<HostileCall> {
  const random = seededRandom(seed);
  for (let made = 0; made < count; ) {
    for (const call of oneRound(random)) {
      if (made === count) return;
      if (call.body.length > MOST_BYTES) continue;
      made += 1;
      yield call;
    }
  }
}
