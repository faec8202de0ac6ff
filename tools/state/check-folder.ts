// Looks at the state folder before a service begins on it, so that a fault has a sentence and no stack.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StateFailure } from "./state-failure.ts";

const SQLITE_HEADER = "SQLite format 3\0";
// Enough for the first tables of a new service.
const PROBE_BYTES = 262_144;

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOENT: "it cannot be made there",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "it is a file",
};

/** @throws {StateFailure} when the folder cannot be written, or a database in it is damaged. */
export function checkFolder(folder: string): void {
  writeProbe(folder);
  for (const path of databasesBelow(folder)) {
    if (!hasHeader(path)) throw damaged(path);
  }
  for (const path of databasesBelow(join(folder, "d1"))) {
    if (!passesCheck(path)) throw damaged(path);
  }
}

function damaged(path: string): StateFailure {
  return new StateFailure(
    `${path} is not a sound database; restore it from a copy, or move it away to begin without it`,
  );
}

function writeProbe(folder: string): void {
  const path = join(folder, ".writable");
  try {
    // Not all the way up: below some system folders that never ends.
    if (!existsSync(folder)) makeFolder(folder);
    writeFileSync(path, Buffer.alloc(PROBE_BYTES));
  } catch (failure) {
    throw unwritable(folder, failure);
  } finally {
    rmSync(path, { force: true });
  }
}

function makeFolder(folder: string): void {
  const above = dirname(folder);
  if (above !== folder && !existsSync(above)) makeFolder(above);
  mkdirSync(folder);
}

function unwritable(folder: string, failure: unknown): StateFailure {
  const { code = "unknown" } = failure as NodeJS.ErrnoException;
  return new StateFailure(`cannot write to the state folder ${folder}: ${REASONS[code] ?? code}`);
}

function databasesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".sqlite"))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

/** A database that has never been written is empty. */
function hasHeader(path: string): boolean {
  if (statSync(path).size === 0) return true;
  const file = openSync(path, "r");
  const head = Buffer.alloc(SQLITE_HEADER.length);
  readSync(file, head, 0, head.length, 0);
  closeSync(file);
  return head.toString("latin1") === SQLITE_HEADER;
}

function passesCheck(path: string): boolean {
  try {
    const database = new DatabaseSync(path);
    const row = database.prepare("PRAGMA quick_check(1)").get();
    database.close();
    return row?.["quick_check"] === "ok";
  } catch {
    return false;
  }
}
