import type { FirstAnswer, IdempotencyRecords } from "../../services/shared/idempotency-records.ts";
import { NO_OWNER, type Owner } from "../owned-id.ts";

const HOUR_MS = 3_600_000;
/** A call renews its key this often while it is answered. */
const RENEW_MS = 60_000;
// A call that has not renewed its key for so long has died with its process.
const GIVEN_UP_MS = 5 * RENEW_MS;
// A row takes two megabytes.
const MOST_CHARACTERS = 600_000;

export interface IdempotencyLimits {
  readonly idempotencyHours: number;
  /** Records kept; beyond, the oldest are dropped. */
  readonly idempotencyRecords: number;
  /** Bytes of all kept answers; beyond, the oldest are dropped. */
  readonly idempotencyBytes: number;
}

interface Row {
  readonly fingerprint: string;
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

/** First answers by their key, in the database. */
export class IdempotencyStore implements IdempotencyRecords {
  readonly renewMs = RENEW_MS;
  readonly #database: D1Database;
  readonly #nowMs: () => number;
  readonly #limits: IdempotencyLimits;

  readonly #owner: Owner;

  /** @param owner - two owners may use the same key: each has records of its own. */
  constructor(
    database: D1Database,
    nowMs: () => number,
    limits: IdempotencyLimits,
    owner = NO_OWNER,
  ) {
    this.#owner = owner;
    this.#database = database;
    this.#nowMs = nowMs;
    this.#limits = limits;
  }

  async begin(givenKey: string, fingerprint: string, holder: string) {
    const key = this.#own(givenKey);
    const now = this.#nowMs();
    await this.sweep();
    const { meta } = await this.#run(
      `INSERT OR IGNORE INTO idempotency
      (key, fingerprint, startedMs, status, headers, body, holder, aliveMs, bytes)
      VALUES (?, ?, ?, 0, '', '', ?, ?, ?)`,
      ...[key, fingerprint, now, holder, now, key.length + fingerprint.length],
    );
    if (meta.changes > 0) return "first";
    const row = await this.#database
      .prepare("SELECT fingerprint, status, headers, body FROM idempotency WHERE key = ?")
      .bind(key)
      .first<Row>();
    // Dropped between the two statements: whoever asks again is the first.
    if (row === null) return "in-progress";
    if (row.fingerprint !== fingerprint) return "other-request";
    if (row.status === 0) return "in-progress";
    const headers = JSON.parse(row.headers) as FirstAnswer["headers"];
    return { status: row.status, headers, body: row.body };
  }

  async renew(key: string, holder: string): Promise<void> {
    await this.#run(
      "UPDATE idempotency SET aliveMs = ? WHERE key = ? AND holder = ? AND status = 0",
      ...[this.#nowMs(), this.#own(key), holder],
    );
  }

  async finish(key: string, holder: string, { status, headers, body }: FirstAnswer): Promise<void> {
    if (body.length > MOST_CHARACTERS) return this.forget(key, holder);
    const text = JSON.stringify(headers);
    await this.#run(
      `UPDATE idempotency SET status = ?, headers = ?, body = ?, bytes = bytes + ?
      WHERE key = ? AND holder = ?`,
      ...[status, text, body, text.length + body.length, this.#own(key), holder],
    );
    await this.#dropSurplus();
  }

  async forget(key: string, holder: string): Promise<void> {
    await this.#run("DELETE FROM idempotency WHERE key = ? AND holder = ?", this.#own(key), holder);
  }

  /** Drops answers past their time, and keys whose calls have died. A call that is still answered keeps its key. */
  async sweep(): Promise<void> {
    const now = this.#nowMs();
    await this.#run(
      "DELETE FROM idempotency WHERE (status <> 0 AND startedMs <= ?) OR (status = 0 AND aliveMs <= ?)",
      ...[now - this.#limits.idempotencyHours * HOUR_MS, now - GIVEN_UP_MS],
    );
  }

  /** Of the kept answers the newest, as many as both limits allow. */
  async #dropSurplus(): Promise<void> {
    await this.#run(
      `DELETE FROM idempotency WHERE status <> 0 AND key IN (
        SELECT key FROM (
          SELECT key, ROW_NUMBER() OVER newest AS number, SUM(bytes) OVER newest AS total
          FROM idempotency WINDOW newest AS (ORDER BY startedMs DESC, key))
        WHERE number > ? OR total > ?)`,
      ...[this.#limits.idempotencyRecords, this.#limits.idempotencyBytes],
    );
  }

  /** Keys on the wire hold no space. */
  #own(key: string): string {
    return this.#owner === "" ? key : `${this.#owner} ${key}`;
  }

  #run(query: string, ...bindings: (string | number)[]) {
    return this.#database
      .prepare(query)
      .bind(...bindings)
      .run();
  }
}
