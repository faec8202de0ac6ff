import { portableCosSin, portableLog } from "./portable-math.ts";

// The upper half of a 64-bit product: both parts stay below 2^49, exact in a double.
function highProduct(a: number, b: number): number {
  const low = Math.floor((a * (b & 0xffff)) / 0x10000);
  return Math.floor((a * (b >>> 16) + low) / 0x10000);
}

/**
 * One block of Philox4x32-10: four 32-bit words that depend on nothing but counter and key.
 *
 * Counter = (index, step, 0, 0), key = (seed, stream); the kernels draw the same words.
 *
 * @param out - four words, written.
 * @source Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3 and Table 2.
 */
export function philox(
  seed: number,
  stream: number,
  index: number,
  step: number,
  out: Uint32Array,
): void {
  let x0 = index >>> 0;
  let x1 = step >>> 0;
  let x2 = 0;
  let x3 = 0;
  let k0 = seed >>> 0;
  let k1 = stream >>> 0;
  for (let round = 0; round < 10; round += 1) {
    const high0 = highProduct(x0, 0xd2511f53);
    const low0 = Math.imul(x0, 0xd2511f53);
    const high1 = highProduct(x2, 0xcd9e8d57);
    const low1 = Math.imul(x2, 0xcd9e8d57);
    x0 = (high1 ^ x1 ^ k0) >>> 0;
    x2 = (high0 ^ x3 ^ k1) >>> 0;
    x1 = low1 >>> 0;
    x3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

const block = new Uint32Array(4);

/** Uniform number in (0, 1) of a stream, 32 bits. */
export function uniformAt(seed: number, stream: number, index: number): number {
  philox(seed, stream, index >>> 2, 0x75, block);
  return (block[index & 3]! + 0.5) / 4294967296;
}

/**
 * Fills `out` with standard normal numbers of a stream (Box-Muller).
 *
 * @param deviation - standard deviation.
 * @param from - where to begin, a multiple of 4: parts of a stream are the same as the whole.
 * @param until - where to end, a multiple of 4 or the length.
 */
export function fillNormal(
  out: Float32Array | Float64Array,
  seed: number,
  stream: number,
  deviation: number,
  from = 0,
  until = out.length,
): void {
  for (let i = from; i < until; i += 4) {
    philox(seed, stream, i >>> 2, 0x6e, block);
    for (let pair = 0; pair < 4; pair += 2) {
      const radius = Math.sqrt(-2 * portableLog((block[pair]! + 0.5) / 4294967296));
      const [c, s] = portableCosSin(block[pair + 1]! / 4294967296);
      if (i + pair < out.length) out[i + pair] = deviation * radius * c;
      if (i + pair + 1 < out.length) out[i + pair + 1] = deviation * radius * s;
    }
  }
}

function mix(value: number): number {
  let x = value >>> 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Position `index` of the keyed permutation of 0 .. count - 1 that belongs to (seed, epoch): a six-round
 * Feistel network over an even number of bits, walked until it lands inside. The kernels use the same.
 */
export function permutedIndex(index: number, count: number, seed: number, epoch: number): number {
  if (count <= 1) return 0;
  const bits = 32 - Math.clz32(count - 1);
  const half = Math.max((bits + 1) >> 1, 1);
  const mask = 2 ** half - 1;
  const key = mix(seed ^ mix(epoch + 0x9e3779b9));
  let value = index;
  do {
    let left = value >>> half;
    let right = value & mask;
    for (let round = 0; round < 6; round += 1) {
      const next = left ^ (mix(right + key + Math.imul(round, 0x85ebca6b)) & mask);
      left = right;
      right = next;
    }
    value = ((left << half) | right) >>> 0;
  } while (value >= count);
  return value;
}
