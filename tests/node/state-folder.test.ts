import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { checkFolder } from "../../tools/state/check-folder.ts";
import { answerCommands, askService } from "../../tools/state/control-socket.ts";

const root = mkdtempSync(join(tmpdir(), "critbatch-state-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const newFolder = () => join(root, `state-${++made}`);

describe("the state folder", () => {
  it("is made when it is missing, and left as it was", () => {
    const folder = newFolder();
    checkFolder(folder);
    checkFolder(folder);
  });

  it("that is a file is refused by name", () => {
    const folder = newFolder();
    writeFileSync(folder, "");
    expect(() => checkFolder(folder)).toThrow(folder);
  });

  it.runIf(process.getuid?.() !== 0)("that may not be written is refused by name", () => {
    const folder = newFolder();
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    expect(() => checkFolder(folder)).toThrow(/may not write/);
  });

  it("with a file that is no database is refused by the file's name", () => {
    const folder = newFolder();
    mkdirSync(join(folder, "do"), { recursive: true });
    const path = join(folder, "do", "x.sqlite");
    writeFileSync(path, "not a database, but long enough to have a header");
    expect(() => checkFolder(folder)).toThrow(path);
  });

  it("with a database damaged inside is refused by the file's name", () => {
    const folder = newFolder();
    mkdirSync(join(folder, "d1"), { recursive: true });
    const path = join(folder, "d1", "index.sqlite");
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE a (x TEXT); CREATE INDEX b ON a (x);");
    const insert = database.prepare("INSERT INTO a VALUES (?)");
    for (let i = 0; i < 2000; i += 1) insert.run(`row ${i}`.repeat(10));
    database.close();
    checkFolder(folder);
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 3 * 4096, 9 * 4096);
    writeFileSync(path, bytes);
    expect(() => checkFolder(folder)).toThrow(path);
  });
});

describe("the socket of a running service", () => {
  it("answers commands, and keeps a second service off the folder", async () => {
    const folder = newFolder();
    mkdirSync(folder);
    expect(await askService(folder, { ask: 1 })).toBeUndefined();
    const commands = await answerCommands(folder, async (request) => ({ got: request }));
    expect(await askService(folder, { ask: 2 })).toEqual({ got: { ask: 2 } });
    await expect(answerCommands(folder, async () => ({}))).rejects.toThrow(/already runs on/);
    commands.close();
    const next = await answerCommands(folder, async () => {
      throw new Error("not now");
    });
    expect(await askService(folder, {})).toEqual({ failure: "not now" });
    next.close();
  });
});
