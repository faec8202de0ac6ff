import { expect, it } from "vitest";

/** A file of known answers, with where they come from and how close an implementation has to be. */
export interface VectorFile<Inputs> {
  readonly source: string;
  readonly location: string;
  readonly transcribedBy: string;
  readonly tolerance: { readonly relative: number; readonly reason: string };
  readonly rows: readonly {
    readonly inputs: Inputs;
    readonly expected: Readonly<Record<string, unknown>>;
  }[];
}

/**
 * Declares one test for each row: every expected field is compared with the field of the same name in the answer,
 * numbers to the file's relative tolerance, anything else exactly.
 */
export function runVectors<Inputs>(
  vectors: VectorFile<Inputs>,
  answer: (inputs: Inputs) => Readonly<Record<string, unknown>>,
): void {
  it.each(vectors.rows.map((row) => [JSON.stringify(row.inputs), row] as const))(
    "answers as published at %s",
    (_title, row) => {
      const answered = answer(row.inputs);
      for (const [field, expected] of Object.entries(row.expected)) {
        expectClose(answered[field], expected, vectors.tolerance.relative, field);
      }
    },
  );
}

/** Asserts one value: a number within the relative tolerance, anything else exactly. */
export function expectClose(
  actual: unknown,
  expected: unknown,
  relative: number,
  field: string,
): void {
  if (typeof expected !== "number" || typeof actual !== "number") {
    expect(actual, field).toEqual(expected);
    return;
  }
  const scale = Math.max(Math.abs(expected), Number.MIN_VALUE);
  expect(Math.abs(actual - expected) / scale, `${field} ${actual} for ${expected}`).toBeLessThan(
    relative,
  );
}
