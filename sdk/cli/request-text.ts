import { isObject, nearest, UsageError } from "./flags.ts";
import { readQuantity } from "./quantity-text.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** @throws {UsageError} when the text is no JSON object. */
export function readJsonObject(text: string, name: string): JsonObject {
  const body = readJson(text, name);
  if (!isObject(body)) throw new UsageError(`${name} holds no JSON object`);
  return body;
}

function readJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (failure) {
    throw new UsageError(`${name} is not JSON: ${(failure as Error).message}`);
  }
}

/**
 * The body of a noise-scale request from whatever a training script has written: the body itself, a JSON array of
 * observations, one observation a line, or CSV under a line with their fields.
 *
 * @throws {UsageError} when the text is none of them.
 */
export function readMeasurements(text: string, name: string): JsonObject {
  const lines = text.split(/\r?\n/);
  const written = lines.flatMap((line, index) =>
    line.trim() === "" ? [] : [{ line, place: `${name}, line ${index + 1}` }],
  );
  const [first, second] = written;
  if (first === undefined) throw new UsageError(`${name} is empty`);
  if (!/^\s*[[{]/.test(first.line)) return { observations: readTable(written) };
  // A body may be laid out over many lines; only then does its first line stand open.
  const isLines = second !== undefined && isJson(first.line) && /^\s*\{/.test(second.line);
  if (isLines) {
    return { observations: written.map(({ line, place }) => readJsonObject(line, place)) };
  }
  const whole = readJson(text, name);
  if (Array.isArray(whole)) return { observations: whole };
  const body = whole as JsonObject;
  return "step" in body ? { observations: [body] } : body;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

const WORD_COLUMNS: readonly string[] = ["reporter", "group"];
const COLUMNS: readonly string[] = [
  "step",
  "smallBatch",
  "bigBatch",
  "smallBatchGradSqNorm",
  "bigBatchGradSqNorm",
  "smallBatchCount",
  ...WORD_COLUMNS,
];

interface WrittenLine {
  readonly line: string;
  readonly place: string;
}

function readTable(written: readonly WrittenLine[]): readonly JsonObject[] {
  const [header, ...rows] = written.map(({ line, place }) => ({
    place,
    cells: line.split(",").map((cell) => cell.trim()),
  }));
  if (header === undefined) return [];
  for (const column of header.cells) {
    if (COLUMNS.includes(column)) continue;
    const near = nearest(column, COLUMNS);
    const hint = near === undefined ? `of ${COLUMNS.join(", ")}` : `did you mean ${near}?`;
    throw new UsageError(`${header.place}: there is no column ${JSON.stringify(column)}; ${hint}`);
  }
  return rows.map(({ cells, place }) => readRow(header.cells, cells, place));
}

function readRow(columns: readonly string[], cells: readonly string[], place: string): JsonObject {
  if (cells.length !== columns.length) {
    throw new UsageError(`${place}: expected ${columns.length} cells, received ${cells.length}`);
  }
  const entries = columns.flatMap((column, index): [string, unknown][] => {
    const cell = cells[index] ?? "";
    if (cell === "") return [];
    if (WORD_COLUMNS.includes(column)) return [[column, cell]];
    const value = readQuantity(cell);
    if (value === undefined) {
      const received = JSON.stringify(cell);
      throw new UsageError(`${place}, ${column}: expected a number, received ${received}`);
    }
    return [[column, value]];
  });
  return Object.fromEntries(entries);
}
