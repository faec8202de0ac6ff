import type { TableTask } from "../../probe/tasks/task.ts";
import { timerTurn } from "../../probe/timer-turn.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";
import { CsvFault, CsvReader } from "./csv.ts";

const MOST_COLUMNS = 1025;
// A cell is a number or a label.
const LONGEST_CELL = 1000;
// Characters between two chances for other work: some ten milliseconds of parsing.
const SLICE = 262_144;
const MOST_ROWS = 200_000;
const MOST_CLASSES = 4096;
// The square of a feature, and sums of squares, must stay finite.
const LARGEST = 1e100;

/**
 * Reads a CSV of numbers into a table task: features, then the label or value in the last column.
 *
 * Labels may be any text or numbers; they are numbered in order of first appearance when not already 0, 1, 2...
 *
 * @param pointer - where the CSV came from, for what is refused.
 * @throws {InvalidRequest} when a row has another width, a feature is no number, or the table is empty or too large.
 */
export async function readTable(
  csv: string,
  target: TableTask["target"],
  pointer = "/task/csv",
): Promise<TableTask> {
  const features: number[] = [];
  const last: string[] = [];
  const { columns } = await readRows(csv, pointer, (row) => {
    for (const text of row.slice(0, -1)) features.push(Number(text));
    last.push((row[row.length - 1] ?? "").trim());
  });
  const targets =
    target === "regression" ? readValues(last, columns - 1, pointer) : numberLabels(last, pointer);
  return {
    kind: "table",
    features: Float64Array.from(features),
    columns: columns - 1,
    targets,
    target,
  };
}

/**
 * Goes through the rows of a CSV below its header, if it has one.
 *
 * @returns how many there are, and their columns with the last one.
 * @throws {InvalidRequest} as `readTable` does.
 */
export async function readRows(
  csv: string,
  pointer: string,
  onRow: (row: readonly string[]) => void,
): Promise<{ readonly rows: number; readonly columns: number }> {
  let rows = 0;
  let columns = 0;
  const take = (row: readonly string[]) => {
    if (rows === 0) columns = requireColumns(row, pointer);
    requireRow(row, rows, columns, pointer);
    onRow(row);
    rows += 1;
  };
  let first: readonly string[] | undefined;
  let seen = 0;
  await splitRows(csv, pointer, (row) => {
    seen += 1;
    if (seen === 1) {
      first = row;
      return;
    }
    if (first !== undefined && !isHeader(first, row)) take(first);
    first = undefined;
    take(row);
  });
  if (first !== undefined) take(first);
  if (rows === 0) refuse(pointer, "rows with at least one feature and a last column");
  return { rows, columns };
}

/** In slices with a timer turn between them, so that a large table holds nobody up. */
async function splitRows(
  csv: string,
  pointer: string,
  onRow: (row: readonly string[]) => void,
): Promise<void> {
  const reader = new CsvReader(onRow, { columns: MOST_COLUMNS, cellLength: LONGEST_CELL });
  try {
    for (let at = 0; at < csv.length; at += SLICE) {
      if (at > 0) await timerTurn();
      reader.push(csv.slice(at, at + SLICE));
    }
    reader.end();
  } catch (fault) {
    if (fault instanceof CsvFault) refuseCsv(fault, pointer);
    throw fault;
  }
}

function refuseCsv({ kind, row }: CsvFault, pointer: string): never {
  if (kind === "columns") return tooLarge(pointer);
  if (kind === "cell-length") {
    return refuse(
      pointer,
      `cells of at most ${LONGEST_CELL} characters; row ${row} has a longer one`,
    );
  }
  return refuse(
    pointer,
    `a quoted cell that ends with its quote, and quotes inside it doubled; row ${row} has another`,
  );
}

function requireColumns(row: readonly string[], pointer: string): number {
  if (row.length < 2) refuse(pointer, "rows with at least one feature and a last column");
  if (row.length > MOST_COLUMNS) tooLarge(pointer);
  return row.length;
}

function requireRow(row: readonly string[], index: number, columns: number, pointer: string): void {
  if (index >= MOST_ROWS) tooLarge(pointer);
  if (row.length !== columns) {
    refuse(pointer, `${columns} columns in every row; row ${index + 1} has ${row.length}`);
  }
  for (const [column, text] of row.slice(0, -1).entries()) {
    readNumber(text, index, column, pointer);
  }
}

function tooLarge(pointer: string): never {
  return refuse(pointer, `at most ${MOST_ROWS} rows and ${MOST_COLUMNS - 1} features`);
}

/** A first row without a single number, above a row that has some, names the columns. */
function isHeader(first: readonly string[], second: readonly string[]): boolean {
  return !first.slice(0, -1).some(isNumber) && second.slice(0, -1).some(isNumber);
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function readNumber(text: string, row: number, column: number, pointer: string): number {
  if (!isNumber(text)) refuseNumber(row, column, pointer);
  if (Math.abs(Number(text)) > LARGEST) {
    const where = `row ${row + 1}, column ${column + 1}`;
    refuse(pointer, `numbers up to ${LARGEST}; ${where} is ${text.trim()}`);
  }
  return Number(text);
}

function readValues(last: readonly string[], column: number, pointer: string): Float64Array {
  return Float64Array.from(last, (text, row) => readNumber(text, row, column, pointer));
}

function numberLabels(last: readonly string[], pointer: string): Float64Array {
  const known = new Map<string, number>();
  const numbers = Float64Array.from(last, (label) => {
    const number = known.get(label) ?? known.size;
    known.set(label, number);
    return number;
  });
  if (known.size > MOST_CLASSES) {
    refuse(
      pointer,
      `at most ${MOST_CLASSES} labels in the last column, which holds ${known.size}; numbers to be predicted are ` +
        'target "regression"',
    );
  }
  return numbers;
}

function refuseNumber(row: number, column: number, pointer: string): never {
  const where = `row ${row + 1}, column ${column + 1}`;
  return refuse(pointer, `numbers in all columns but the last; ${where} is not one`);
}

function refuse(pointer: string, expected: string): never {
  throw new InvalidRequest([{ pointer, code: "unusable-table", message: expected }]);
}
