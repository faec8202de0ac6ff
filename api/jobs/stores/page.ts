import type { Page } from "../../services/probes/jobs.ts";

interface Aged {
  readonly createdMs: number;
}

/** Where a page begins: after this item, in the order of age and then id. */
interface Place {
  readonly createdMs: number;
  readonly id: string;
}

/** The text is opaque to clients; undefined when it is none of ours. */
export function readCursor(cursor: string): Place | undefined {
  const [, createdMs, id] = /^(\d{1,16})-([0-9a-f]{1,80})$/.exec(cursor) ?? [];
  return id === undefined ? undefined : { createdMs: Number(createdMs), id };
}

/** Rows read with a limit of one more than the page holds. */
export function pageOf<T extends Aged>(
  rows: readonly T[],
  size: number,
  idOf: (row: T) => string,
): Page<T> {
  const items = rows.slice(0, size);
  const last = items[items.length - 1];
  if (rows.length <= size || last === undefined) return { items };
  return { items, nextCursor: `${last.createdMs}-${idOf(last)}` };
}

/** A condition and its bindings: rows after a place, equal to the filters that are set. */
export function conditionOf(
  idColumn: string,
  place: Place | undefined,
  filters: Readonly<Record<string, string | undefined>>,
): { readonly where: string; readonly bindings: readonly (string | number)[] } {
  const conditions: string[] = ["1"];
  const bindings: (string | number)[] = [];
  if (place !== undefined) {
    conditions.push(`(createdMs, ${idColumn}) < (?, ?)`);
    bindings.push(place.createdMs, place.id);
  }
  for (const [column, value] of Object.entries(filters)) {
    if (value === undefined) continue;
    conditions.push(`${column} = ?`);
    bindings.push(value);
  }
  return { where: conditions.join(" AND "), bindings };
}
