/** A heading, the document that it stands in, and its address below /page. */
export type HeadingEntry = readonly [heading: string, document: string, address: string];

const MOST_FOUND = 20;

/**
 * The headings in which every typed word begins a word of the heading or of its document, best first: headings that
 * begin with what was typed, then those that hold all words themselves.
 */
export function findHeadings(
  entries: readonly HeadingEntry[],
  typed: string,
): readonly HeadingEntry[] {
  const words = wordsOf(typed);
  if (words.length === 0) return [];
  return entries
    .map((entry) => ({ entry, rank: rankOf(entry, words) }))
    .filter(({ rank }) => rank > 0)
    .toSorted((a, b) => b.rank - a.rank)
    .slice(0, MOST_FOUND)
    .map(({ entry }) => entry);
}

function rankOf([heading, document]: HeadingEntry, words: readonly string[]): number {
  const own = wordsOf(heading);
  const all = [...own, ...wordsOf(document)];
  const begins = (word: string) => (one: string) => one.startsWith(word);
  if (!words.every((word) => all.some(begins(word)))) return 0;
  if (own.join(" ").startsWith(words.join(" "))) return 3;
  return words.every((word) => own.some(begins(word))) ? 2 : 1;
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
