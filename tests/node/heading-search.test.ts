import { describe, expect, it } from "vitest";
import { findHeadings, type HeadingEntry } from "../../api/web/page/documents/search.ts";

const ENTRIES: readonly HeadingEntry[] = [
  ["Measured evidence", "How the answers are made", "method.html#measured-evidence"],
  ["The noise scale", "How the answers are made", "method.html#the-noise-scale"],
  ["Noise scales of one run", "Evidence", "evidence.html#noise-scales-of-one-run"],
  ["Under faults and load", "Operations", "operations.html#under-faults-and-load"],
];
const found = (typed: string) => findHeadings(ENTRIES, typed).map(([heading]) => heading);

describe("the search over headings", () => {
  it("finds words by their beginnings, in any order and case", () => {
    expect(found("LOAD fau")).toEqual(["Under faults and load"]);
  });

  it("puts headings that begin with the words first", () => {
    expect(found("noise sc")).toEqual(["Noise scales of one run", "The noise scale"]);
  });

  it("takes the document's title into account, after the headings themselves", () => {
    expect(found("evidence")).toEqual(["Measured evidence", "Noise scales of one run"]);
    expect(found("operations load")).toEqual(["Under faults and load"]);
  });

  it("finds nothing for nothing, punctuation, or a word that is not there", () => {
    expect([found(""), found(" ?!"), found("noise zebra")]).toEqual([[], [], []]);
  });
});
