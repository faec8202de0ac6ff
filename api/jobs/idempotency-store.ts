import type { FirstAnswer, IdempotencyRecords } from "../services/shared/idempotency-records.ts";

const HOUR_MS = 3_600_000;
// A first call that has not been answered by then is taken to have died with its process.
const GIVEN_UP_MS = 300_000;
// A row takes two megabytes.
const MOST_CHARACTERS = 600_000;

interface Row {
  readonly fingerprint: string;
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

/** First answers by their key, in the database. */
export function idempotencyStore(
  database: D1Database,
  nowMs: () => number,
  hours: number,
): IdempotencyRecords {
  const run = (query: string, ...bindings: (string | number)[]) =>
    database
      .prepare(query)
      .bind(...bindings)
      .run();
  return {
    async begin(key, fingerprint) {
      const now = nowMs();
      await run(
        "DELETE FROM idempotency WHERE startedMs <= ? OR (status = 0 AND startedMs <= ?)",
        now - hours * HOUR_MS,
        now - GIVEN_UP_MS,
      );
      const { meta } = await run(
        "INSERT OR IGNORE INTO idempotency VALUES (?, ?, ?, 0, '', '')",
        ...[key, fingerprint, now],
      );
      if (meta.changes > 0) return "first";
      const row = await database
        .prepare("SELECT fingerprint, status, headers, body FROM idempotency WHERE key = ?")
        .bind(key)
        .first<Row>();
      // Forgotten between the two statements: whoever asks again is the first.
      if (row === null) return "in-progress";
      if (row.fingerprint !== fingerprint) return "other-request";
      if (row.status === 0) return "in-progress";
      const headers = JSON.parse(row.headers) as FirstAnswer["headers"];
      return { status: row.status, headers, body: row.body };
    },
    async finish(key, { status, headers, body }) {
      if (body.length > MOST_CHARACTERS) {
        await run("DELETE FROM idempotency WHERE key = ?", key);
        return;
      }
      await run(
        "UPDATE idempotency SET status = ?, headers = ?, body = ? WHERE key = ?",
        ...[status, JSON.stringify(headers), body, key],
      );
    },
    async forget(key) {
      await run("DELETE FROM idempotency WHERE key = ?", key);
    },
  };
}
