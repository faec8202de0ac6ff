import Papa from "papaparse";
import type { TableTask } from "../probe/tasks/task.ts";
import { InvalidRequest } from "./invalid-request.ts";

const MOST_COLUMNS = 1025;
const MOST_ROWS = 200_000;
const MOST_CLASSES = 4096;
// The square of a feature, and sums of squares, must stay finite.
const LARGEST = 1e100;

/**
 * Reads a CSV of numbers into a table task: features, then the label or value in the last column.
 *
 * Labels may be any text or numbers; they are numbered in order of first appearance when not already 0, 1, 2...
 *
 * @throws {InvalidRequest} when a row has another width, a feature is no number, or the table is empty or too large.
 */
export function readTable(csv: string, target: TableTask["target"]): TableTask {
  const { data } = Papa.parse<string[]>(csv, { skipEmptyLines: "greedy" });
  const rows = hasHeader(data) ? data.slice(1) : data;
  const columns = (rows[0]?.length ?? 0) - 1;
  if (rows.length === 0 || columns < 1) refuse("rows with at least one feature and a last column");
  if (rows.length > MOST_ROWS || columns >= MOST_COLUMNS) {
    refuse(`at most ${MOST_ROWS} rows and ${MOST_COLUMNS - 1} features`);
  }
  const features = new Float64Array(rows.length * columns);
  rows.forEach((row, index) => {
    if (row.length !== columns + 1) {
      refuse(`${columns + 1} columns in every row; row ${index + 1} has ${row.length}`);
    }
    for (let j = 0; j < columns; j++) {
      features[index * columns + j] = readNumber(row[j] ?? "", index, j);
    }
  });
  const last = rows.map((row) => (row[columns] ?? "").trim());
  const targets = target === "regression" ? readValues(last, columns) : numberLabels(last);
  return { kind: "table", features, columns, targets, target };
}

/** A first row without a single number, above rows that have some, names the columns. */
function hasHeader(rows: readonly string[][]): boolean {
  const [first, second] = rows;
  if (first === undefined || second === undefined) return false;
  const features = (row: readonly string[]) => row.slice(0, -1);
  return !features(first).some(isNumber) && features(second).some(isNumber);
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function readNumber(text: string, row: number, column: number): number {
  if (!isNumber(text)) {
    refuse(`numbers in all columns but the last; row ${row + 1}, column ${column + 1} is not one`);
  }
  if (Math.abs(Number(text)) > LARGEST) {
    refuse(`numbers up to ${LARGEST}; row ${row + 1}, column ${column + 1} is ${text.trim()}`);
  }
  return Number(text);
}

function readValues(last: readonly string[], column: number): Float64Array {
  return Float64Array.from(last, (text, row) => readNumber(text, row, column));
}

function numberLabels(last: readonly string[]): Float64Array {
  const known = new Map<string, number>();
  const numbers = Float64Array.from(last, (label) => {
    const number = known.get(label) ?? known.size;
    known.set(label, number);
    return number;
  });
  if (known.size > MOST_CLASSES) {
    refuse(
      `at most ${MOST_CLASSES} labels in the last column, which holds ${known.size}; numbers to be predicted are ` +
        'target "regression"',
    );
  }
  return numbers;
}

function refuse(expected: string): never {
  throw new InvalidRequest([{ pointer: "/task/csv", code: "unusable-table", message: expected }]);
}
