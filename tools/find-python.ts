import { spawnSync } from "node:child_process";

/** A Python 3 that can import the given module: the variable PYTHON, else one of the usual; undefined if none. */
export function findPython(module: string): string | undefined {
  const candidates = [process.env["PYTHON"], "python3", "/usr/bin/python3"];
  return candidates.find((command) => {
    if (command === undefined || command === "") return false;
    return spawnSync(command, ["-c", `import ${module}`], { stdio: "ignore" }).status === 0;
  });
}
