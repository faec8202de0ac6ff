import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** The documents as the page's side navigation shows them; what no group names comes last. */
const GROUPS = [
  {
    title: "Tutorials",
    paths: [
      "docs/tutorials/web-page.md",
      "docs/tutorials/fixed-batch.md",
      "docs/tutorials/measure-noise.md",
      "docs/tutorials/probe-your-data.md",
      "docs/tutorials/fit-your-runs.md",
      "docs/tutorials/typescript.md",
    ],
  },
  { title: "Look up", paths: ["docs/reference.md"] },
  { title: "How good it is", paths: ["docs/method.md", "docs/evidence.md", "docs/benchmarks.md"] },
  {
    title: "Run and change it",
    paths: [
      "docs/operations.md",
      "docs/threat-model.md",
      "docs/architecture.md",
      "CONTRIBUTING.md",
      "docs/writing.md",
      "CHANGELOG.md",
    ],
  },
] as const;

export const OVERVIEW = "docs/README.md";

export interface DocumentGroup {
  readonly title: string;
  readonly paths: readonly string[];
}

/** Every document of the repository by its path from the root: README, CONTRIBUTING and all below docs. */
export function listDocuments(root: string): readonly string[] {
  return ["README.md", "CONTRIBUTING.md", ...documentsBelow(root)];
}

/** The groups of the side navigation, with a last one for documents that none of them names. */
export function documentGroups(root: string): readonly DocumentGroup[] {
  const named = new Set<string>([OVERVIEW, ...GROUPS.flatMap(({ paths }) => paths)]);
  const others = documentsBelow(root).filter((path) => !named.has(path));
  return others.length === 0 ? GROUPS : [...GROUPS, { title: "More", paths: others }];
}

function documentsBelow(root: string): readonly string[] {
  return readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file.replaceAll("\\", "/")}`)
    .toSorted();
}

/** The name of a document's page below /page, without its ending. */
export function pageName(path: string): string {
  return path === OVERVIEW ? "documents" : basename(path, ".md").toLowerCase();
}
