import type { FieldError } from "../../../schemas/service/problem.ts";

// What Python's json, JavaScript's templates and C print for numbers that JSON does not have.
const NO_NUMBERS = ["-Infinity", "Infinity", "NaN", "nan", "-inf", "inf"] as const;

// Beyond, the place of a mistake is not worth the time that it takes to find it.
const MOST_SEARCHED = 524_288;
const NO_NUMBER = /nan|inf/i;

/** A place inside a text: the list or object that is open there, and the entry in it. */
interface Open {
  readonly kind: "[" | "{";
  entry: number;
  key: string;
}

/**
 * Finds the first number in a text that JSON does not have: NaN or an infinity outside strings.
 *
 * @returns its place as a JSON Pointer, or undefined when the text is malformed in another way.
 * @complexity linear in the text.
 */
export function findNoNumber(text: string): FieldError | undefined {
  if (!NO_NUMBER.test(text)) return undefined;
  const open: Open[] = [];
  for (let at = 0; at < Math.min(text.length, MOST_SEARCHED); at += 1) {
    const letter = text[at] ?? "";
    if (letter === '"') {
      const end = endOfString(text, at);
      noteKey(open.at(-1), text, at, end);
      at = end;
    } else if ("[]{},".includes(letter)) {
      noteBracket(open, letter);
    } else {
      const found = NO_NUMBERS.find((word) => text.startsWith(word, at));
      if (found !== undefined) return describe(found, open);
    }
  }
  return undefined;
}

function noteBracket(open: Open[], letter: string): void {
  const inner = open.at(-1);
  if (letter === "[" || letter === "{") open.push({ kind: letter, entry: 0, key: "" });
  else if (letter !== ",") open.pop();
  else if (inner !== undefined) inner.entry += 1;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function noteKey(inner: Open | undefined, text: string, start: number, end: number): void {
  if (inner?.kind !== "{") return;
  let next = end + 1;
  while (next < text.length && /\s/.test(text[next] ?? "")) next += 1;
  if (text[next] === ":") inner.key = text.slice(start + 1, end);
}

function describe(found: string, open: readonly Open[]): FieldError {
  const steps = open.map(({ kind, entry, key }) => (kind === "[" ? String(entry) : key));
  const pointer = steps
    .map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
  return {
    pointer: pointer.length > 200 ? "" : pointer,
    code: "not-a-json-number",
    message: `expected a number; JSON has no ${found}: leave the entry out, or send null where null is allowed`,
  };
}
