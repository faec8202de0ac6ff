import { portablePow } from "../portable-math.ts";
import { permutedIndex, uniformAt } from "../random.ts";
import type { BuiltTask, LanguageTask } from "./task.ts";
import { priorLoss } from "./trivial-loss.ts";

const VALIDATION_FRACTION = 0.1;
const SEGMENT_CONTEXTS = 8;
/** Segments of a text and the parts they go to, in bytes; a part has one more than whole contexts: the last needs its successor. */
export function splitText(
  bytes: number,
  contextTokens: number,
): {
  readonly segment: number;
  readonly segments: number;
  readonly held: number;
  readonly trainLength: number;
  readonly validationLength: number;
} {
  const segment = SEGMENT_CONTEXTS * contextTokens;
  const segments = Math.floor(bytes / segment);
  const held = Math.max(1, Math.round(segments * VALIDATION_FRACTION));
  const trainLength = (segments - held) * segment + 1;
  return { segment, segments, held, trainLength, validationLength: held * segment + 1 };
}

/** Why a text of so many bytes and symbols cannot be learned from; undefined if it can. */
export function unusableText(
  bytes: number,
  symbols: number,
  contextTokens: number,
): Extract<BuiltTask, { status: "unusable" }> | undefined {
  const { segment, segments } = splitText(bytes, contextTokens);
  if (segments < 10) {
    const detail = `the text has ${bytes} bytes; at least ${10 * segment} are needed (ten segments of ${segment})`;
    return { status: "unusable", reason: "text-too-short", detail };
  }
  if (symbols >= 2) return undefined;
  return { status: "unusable", reason: "one-symbol", detail: "the text repeats one byte" };
}

const STREAMS = { copy: 21, symbol: 22 } as const;

type SyntheticText = Extract<LanguageTask, { readonly synthetic: unknown }>["synthetic"];

// Zipf symbols whose ranks are turned by the symbol before, and copies from a fixed distance.
function drawText(source: SyntheticText, seed: number): Uint8Array {
  const { vocabulary, tokens, zipfExponent, copyDistanceTokens, copyFraction } = source;
  const cumulative = new Float64Array(vocabulary);
  let total = 0;
  for (let i = 0; i < vocabulary; i += 1) {
    total += portablePow(i + 1, -zipfExponent);
    cumulative[i] = total;
  }
  const text = new Uint8Array(tokens);
  for (let t = 0; t < tokens; t += 1) {
    if (t >= copyDistanceTokens && uniformAt(seed, STREAMS.copy, t) < copyFraction) {
      text[t] = text[t - copyDistanceTokens]!;
      continue;
    }
    const draw = uniformAt(seed, STREAMS.symbol, t) * total;
    let rank = 0;
    while (cumulative[rank]! < draw) rank += 1;
    const turn = rank < 4 && t > 0 ? text[t - 1]! : 0;
    text[t] = (rank + turn) % vocabulary;
  }
  return text;
}

// 1 for each byte that occurs.
function usedBytes(text: Uint8Array): Uint8Array {
  const used = new Uint8Array(256);
  for (let i = 0; i < text.length; i += 1) used[text[i]!] = 1;
  return used;
}

/** How many different bytes a text has. */
export function countSymbols(text: Uint8Array): number {
  return usedBytes(text).reduce((sum, one) => sum + one, 0);
}

// Symbols in the order of their bytes: a head over the bytes that occur costs less than one over 256.
function compact(text: Uint8Array): { readonly tokens: Uint8Array; readonly vocabulary: number } {
  const used = usedBytes(text);
  const code = new Uint8Array(256);
  let vocabulary = 0;
  for (let byte = 0; byte < 256; byte += 1) {
    code[byte] = vocabulary;
    vocabulary += used[byte]!;
  }
  return { tokens: text.map((byte) => code[byte]!), vocabulary };
}

/**
 * Splits a text into segments of eight contexts and gives a keyed tenth of them to validation.
 *
 * @param contextTokens - tokens of one example.
 * @param seed - uint32, key of the split and of the synthetic source.
 */
export function buildLanguageTask(
  task: LanguageTask,
  contextTokens: number,
  seed: number,
): BuiltTask {
  const text = "text" in task ? task.text : drawText(task.synthetic, seed);
  const { tokens, vocabulary } = compact(text);
  const unusable = unusableText(tokens.length, vocabulary, contextTokens);
  if (unusable !== undefined) return unusable;
  const split = splitText(tokens.length, contextTokens);
  const { segment, segments, held } = split;
  const isHeld = new Uint8Array(segments);
  for (let i = 0; i < held; i += 1) isHeld[permutedIndex(i, segments, seed, 0x7e)] = 1;
  const train = new Uint8Array(split.trainLength);
  const validation = new Uint8Array(split.validationLength);
  let trainAt = 0;
  let validationAt = 0;
  for (let s = 0; s < segments; s += 1) {
    const part = tokens.subarray(s * segment, (s + 1) * segment);
    if (isHeld[s] === 1) {
      validation.set(part, validationAt);
      validationAt += segment;
    } else {
      train.set(part, trainAt);
      trainAt += segment;
    }
  }
  return {
    status: "ok",
    dataset: { kind: "tokens", vocabulary, train, validation },
    trivialLoss: priorLoss(train, validation, vocabulary),
  };
}
