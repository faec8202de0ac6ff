import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { transformSync } from "esbuild";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { VERSION } from "../../sdk/index.ts";
import { buildPackage, closureOf, SDK_CONFIG, SDK_FOLDER } from "./built-package.ts";

interface Manifest {
  readonly version: string;
  readonly type: string;
  readonly sideEffects: boolean;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

const manifest = JSON.parse(readFileSync(new URL("package.json", SDK_FOLDER), "utf8")) as Manifest;

const built = buildPackage();

const library = [...closureOf(built, "index.js")];

describe("the library", () => {
  it("imports nothing but its own files, and none of the command line", () => {
    expect(library.filter((name) => !built.has(name))).toEqual([]);
    expect(library.filter((name) => /^cli[/.]/.test(name))).toEqual([]);
  });

  it("has less than 8 kB, minified and after gzip", () => {
    const minified = library.map((name) => transformSync(built.get(name)!, { minify: true }).code);
    expect(gzipSync(minified.join("\n"), { level: 9 }).byteLength).toBeLessThan(8000);
  });

  it("needs no types of Node or of the command line to be type-checked", () => {
    const types = [...closureOf(built, "index.d.ts")];
    expect(types.length).toBeGreaterThan(library.length / 2);
    expect(types.filter((name) => !built.has(name))).toEqual([]);
    for (const name of types) {
      expect(built.get(name)).not.toMatch(/types="node"|from "node:|NodeJS\./);
    }
  });

  it("exports the surface that was agreed on; a change of it shows here", async () => {
    await expect(surface()).toMatchFileSnapshot("surface.txt");
  });

  it("explains each of its functions and classes", () => {
    const undocumented = exportsOfIndex().filter(
      ({ isValue, isDocumented }) => isValue && !isDocumented,
    );
    expect(undocumented.map(({ name }) => name)).toEqual([]);
  });
});

describe("the package", () => {
  it("carries the version that the code tells", () => {
    expect(VERSION).toBe(manifest.version);
  });

  it("points at files that the build makes, types first", () => {
    for (const target of Object.values(manifest.exports)) {
      if (typeof target === "string") continue;
      expect(Object.keys(target)[0]).toBe("types");
      expect(Object.keys(target).at(-1)).toBe("default");
      for (const path of Object.values(target)) {
        expect(built.has(path.replace("./dist/", ""))).toBe(true);
      }
    }
    const launcher = readFileSync(new URL(manifest.bin["critbatch"] ?? "", SDK_FOLDER), "utf8");
    const [, started = ""] = /from "\.\.\/dist\/(.*)"/.exec(launcher) ?? [];
    expect(launcher.startsWith("#!/usr/bin/env node\n")).toBe(true);
    expect(built.has(started)).toBe(true);
  });
});

function checkedIndex() {
  const { config } = ts.readConfigFile(SDK_CONFIG, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, fileURLToPath(SDK_FOLDER));
  const index = fileURLToPath(new URL("index.ts", SDK_FOLDER));
  const program = ts.createProgram([index], options);
  const checker = program.getTypeChecker();
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(index) as ts.Node);
  return { checker, symbols: symbol === undefined ? [] : checker.getExportsOfModule(symbol) };
}

function exportsOfIndex() {
  const { checker, symbols } = checkedIndex();
  return symbols.map((exported) => {
    const target =
      exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const [declaration] = target.declarations ?? [];
    return {
      name: exported.name,
      target,
      declaration,
      isValue: (target.flags & ts.SymbolFlags.Value) !== 0,
      isDocumented: target.getDocumentationComment(checker).length > 0,
    };
  });
}

/** Each export with its declaration as built, comments and bodies left out. */
function surface(): string {
  const printer = ts.createPrinter({ removeComments: true });
  const generated: string[] = [];
  const written = exportsOfIndex()
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, declaration }) => {
      const file = declaration?.getSourceFile().fileName ?? "";
      if (file.endsWith("generated/schema.ts")) {
        generated.push(name);
        return [];
      }
      const text = built.get(file.slice(file.indexOf("/sdk/") + 5).replace(/\.ts$/, ".d.ts")) ?? "";
      const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
      const found = source.statements.filter((statement) => declares(statement, name));
      return found.map((node) => printer.printNode(ts.EmitHint.Unspecified, node, source));
    });
  return `${written.join("\n\n")}\n\nTypes of schemas/openapi.json: ${generated.join(", ")}\n`;
}

function declares(statement: ts.Statement, name: string): boolean {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.some((one) => one.name.getText() === name);
  }
  return (statement as ts.Statement & { readonly name?: ts.Identifier }).name?.text === name;
}
