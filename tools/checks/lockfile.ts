// Every optional dependency named by a locked package must itself be locked: npm 11 and 12 refuse an
// incomplete lockfile, and other platforms would get no binary.
import { readFileSync } from "node:fs";

type LockedPackage = { readonly optionalDependencies?: Readonly<Record<string, string>> };

const lockfile = JSON.parse(readFileSync(process.argv[2] ?? "package-lock.json", "utf8")) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};

function isLocked(from: string, name: string): boolean {
  for (let directory = from; ; ) {
    const prefix = directory === "" ? "" : `${directory}/`;
    if (lockfile.packages[`${prefix}node_modules/${name}`] !== undefined) return true;
    if (directory === "") return false;
    const parent = directory.lastIndexOf("/node_modules/");
    directory = parent < 0 ? "" : directory.slice(0, parent);
  }
}

const missing = Object.entries(lockfile.packages).flatMap(([path, entry]) =>
  Object.keys(entry.optionalDependencies ?? {})
    .filter((name) => !isLocked(path, name))
    .map((name) => `${path || "(root)"} -> ${name}`),
);
console.log(missing.length > 0 ? missing.join("\n") : "lockfile complete");
process.exitCode = missing.length > 0 ? 1 : 0;
