import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { removeEmptyStorages } from "../../tools/sweeps.ts";

const folder = mkdtempSync(join(tmpdir(), "critbatch-storages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file of so many bytes, last written so many minutes ago. */
function lay(name: string, bytes: number, minutes: number): void {
  const path = join(folder, name);
  writeFileSync(path, Buffer.alloc(bytes));
  const moment = Date.now() / 1000 - 60 * minutes;
  utimesSync(path, moment, moment);
}

it("removes the storages of objects that have forgotten their jobs, and nothing else", async () => {
  const [wiped, young, used, logged] = ["a", "b", "c", "d"].map((digit) => digit.repeat(64));
  lay(`${wiped}.sqlite`, 4096, 5);
  lay(`${young}.sqlite`, 4096, 0);
  lay(`${used}.sqlite`, 40_960, 5);
  lay(`${logged}.sqlite`, 4096, 5);
  lay(`${logged}.sqlite-wal`, 41_232, 5);
  lay("metadata.sqlite", 4096, 5);
  await removeEmptyStorages(folder, Date.now() - 60_000);
  expect(readdirSync(folder)).toEqual(
    [
      `${young}.sqlite`,
      `${used}.sqlite`,
      `${logged}.sqlite`,
      `${logged}.sqlite-wal`,
      "metadata.sqlite",
    ].sort(),
  );
  await removeEmptyStorages(join(folder, "not there"), Date.now());
});
