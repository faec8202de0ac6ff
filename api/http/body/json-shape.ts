import { InvalidRequest } from "../../services/shared/invalid-request.ts";

// Parsing a text takes long by its nesting and by its values, not by its length. No call needs as much of either.
const MOST_DEPTH = 200;
const MOST_VALUES = 600_000;
/** Shorter texts are parsed in a few milliseconds whatever they hold. */
const HARMLESS_LENGTH = 65_536;

/**
 * Refuses JSON that would take long to parse, before it is parsed.
 *
 * @throws {InvalidRequest} when lists and objects are nested too deeply or hold too many values.
 * @complexity linear in the text.
 */
export function requireParsable(text: string): void {
  if (text.length <= HARMLESS_LENGTH) return;
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > MOST_DEPTH)
          refuse("too-deep", `lists and objects nested at most ${MOST_DEPTH} deep`);
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
      case COMMA:
        values += 1;
        if (values > MOST_VALUES) refuse("too-many-values", `at most ${MOST_VALUES} values`);
    }
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Where the string that begins at a quote ends; the end of the text if it does not. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

function refuse(code: string, expected: string): never {
  throw new InvalidRequest([{ pointer: "", code, message: `expected ${expected}` }]);
}
