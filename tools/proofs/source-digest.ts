import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import ts from "typescript";

/**
 * Digest of what the sources at these paths say. A file that moves, or whose comments, layout or imports change, keeps
 * its digest, so the figures recorded with it stay fresh.
 */
export function digestOfSources(root: URL, paths: readonly string[]): string {
  const digests = paths
    .map((path) => sha256(meaningOf(path, readFileSync(new URL(path, root)))))
    .sort();
  return sha256(digests.join("\n"));
}

/** A TypeScript file without comments, layout and imports, whose modules count by themselves; any other file as it is. */
function meaningOf(path: string, bytes: Buffer): string | Uint8Array {
  if (!path.endsWith(".ts")) return bytes;
  const source = ts.createSourceFile(path, bytes.toString(), ts.ScriptTarget.Latest, false);
  const kept = source.statements.filter((statement) => !ts.isImportDeclaration(statement));
  const printer = ts.createPrinter({ removeComments: true });
  return printer.printFile(ts.factory.updateSourceFile(source, kept));
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
