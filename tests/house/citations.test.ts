import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

it("every citation can be opened: none names a section of a document that is not in the repository", () => {
  const found = () =>
    execFileSync("git", ["grep", "-nE", "laws [0-9]", "--", ".", ":!tests/house"], {
      cwd: ROOT,
      encoding: "utf8",
    });
  // git grep ends with status 1 where nothing is found.
  expect(found).toThrowError(expect.objectContaining({ status: 1 }));
});
