import { fileURLToPath } from "node:url";
import ts from "typescript";

export const SDK_FOLDER = new URL("../../sdk/", import.meta.url);
export const SDK_CONFIG = fileURLToPath(new URL("tsconfig.json", SDK_FOLDER));

/** The package as it is built, file by file, without touching sdk/dist. */
export function buildPackage(): ReadonlyMap<string, string> {
  const { config } = ts.readConfigFile(SDK_CONFIG, ts.sys.readFile);
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, fileURLToPath(SDK_FOLDER));
  const program = ts.createProgram(parsed.fileNames, parsed.options);
  const files = new Map<string, string>();
  program.emit(undefined, (path, text) => {
    files.set(path.slice(path.indexOf("/sdk/dist/") + "/sdk/dist/".length), text);
  });
  return files;
}

/** What a file imports, files and packages, through every file that it imports. */
export function closureOf(
  built: ReadonlyMap<string, string>,
  entry: string,
  found: Set<string> = new Set(),
): ReadonlySet<string> {
  found.add(entry);
  const text = built.get(entry) ?? "";
  for (const { fileName } of ts.preProcessFile(text).importedFiles) {
    const name = fileName.startsWith(".")
      ? new URL(fileName, `file:///${entry}`).pathname.slice(1)
      : fileName;
    // Declarations keep the names of the sources; their own stand beside the built files.
    const file = entry.endsWith(".d.ts") ? name.replace(/(\.d)?\.[jt]s$/, ".d.ts") : name;
    if (!found.has(file)) closureOf(built, file, found);
  }
  return found;
}
