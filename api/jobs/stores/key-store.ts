import type { KeyRecord, Keys } from "../../services/shared/keys.ts";
import { OWNER_DIGITS } from "../owned-id.ts";

const PREFIX = "cb_";
const KEY_BYTES = 32;

interface Statement {
  readonly bind: (...values: (string | number)[]) => Statement;
  readonly run: () => Promise<{ readonly meta: { readonly changes: number } }>;
  readonly first: <T>() => Promise<T | null>;
  readonly all: <T>() => Promise<{ readonly results: T[] }>;
}

/** The database, as far as keys need it: also of a tool that has no Worker around it. */
export interface KeyDatabase {
  readonly prepare: (query: string) => Statement;
}

/** Keys of callers, by the SHA-256 of each; a key itself is shown once and never stored. */
export class KeyStore implements Keys {
  readonly #database: KeyDatabase;
  readonly #sha256Hex: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;
  readonly #nowMs: () => number;

  constructor(
    database: KeyDatabase,
    sha256Hex: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>,
    nowMs: () => number,
  ) {
    this.#database = database;
    this.#sha256Hex = sha256Hex;
    this.#nowMs = nowMs;
  }

  /** A revoked key still counts: revoking the last one must not open the service. */
  async required(): Promise<boolean> {
    const row = await this.#database.prepare("SELECT 1 FROM apiKeys LIMIT 1").first();
    return row !== null;
  }

  /** Looked up by its digest, so that no comparison depends on how much of a guess is right. */
  async ownerOf(key: string): Promise<string | undefined> {
    const row = await this.#database
      .prepare("SELECT keyId FROM apiKeys WHERE digest = ? AND revokedMs = 0")
      .bind(await this.#digestOf(key))
      .first<{ keyId: string }>();
    return row?.keyId;
  }

  /** @returns the key, or undefined when a key with this name is in use. */
  async create(
    name: string,
  ): Promise<{ readonly key: string; readonly keyId: string } | undefined> {
    const secret = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
    const key = PREFIX + base64Url(secret);
    const digest = await this.#digestOf(key);
    const keyId = digest.slice(0, OWNER_DIGITS);
    const { meta } = await this.#database
      .prepare(
        `INSERT INTO apiKeys (keyId, name, digest, createdMs) SELECT ?, ?, ?, ?
        WHERE NOT EXISTS (SELECT 1 FROM apiKeys WHERE name = ? AND revokedMs = 0)`,
      )
      .bind(keyId, name, digest, this.#nowMs(), name)
      .run();
    return meta.changes > 0 ? { key, keyId } : undefined;
  }

  async list(): Promise<readonly KeyRecord[]> {
    const { results } = await this.#database
      .prepare("SELECT keyId, name, createdMs, revokedMs FROM apiKeys ORDER BY createdMs, keyId")
      .all<KeyRecord>();
    return results;
  }

  /** @returns false when no key in use has this name or id. */
  async revoke(nameOrId: string): Promise<boolean> {
    const { meta } = await this.#database
      .prepare("UPDATE apiKeys SET revokedMs = ? WHERE (name = ? OR keyId = ?) AND revokedMs = 0")
      .bind(this.#nowMs(), nameOrId, nameOrId)
      .run();
    return meta.changes > 0;
  }

  #digestOf(key: string): Promise<string> {
    return this.#sha256Hex(Uint8Array.from(new TextEncoder().encode(key)));
  }
}

function base64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
