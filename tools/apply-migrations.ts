// The database's migrations, as `wrangler d1 migrations apply` makes them: each once, in the order of their names.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Miniflare } from "miniflare";
import { ROOT } from "./paths.ts";
import { statementsOf } from "./statements.ts";

type Database = Awaited<ReturnType<Miniflare["getD1Database"]>>;

const FOLDER = join(ROOT, "api", "migrations");

const KNOWN = `CREATE TABLE IF NOT EXISTS d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`;

export async function applyMigrations(database: Database): Promise<void> {
  await database.prepare(KNOWN).run();
  const { results } = await database.prepare("SELECT name FROM d1_migrations").all();
  const applied = new Set(results.map((row: Record<string, unknown>) => row["name"]));
  for (const name of readdirSync(FOLDER).sort()) {
    if (applied.has(name)) continue;
    const statements = statementsOf(readFileSync(join(FOLDER, name), "utf8"));
    const note = database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name);
    // In one transaction: a migration is there whole or not at all.
    await database.batch([...statements.map((one) => database.prepare(one)), note]);
  }
}
