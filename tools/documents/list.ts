import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Every document of the repository by its path from the root: README, CONTRIBUTING and all below docs. */
export function listDocuments(root: string): readonly string[] {
  const below = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file.replaceAll("\\", "/")}`)
    .toSorted();
  return ["README.md", "CONTRIBUTING.md", ...below];
}
