const FIRST_MULTIPLIER = 0xd2511f53;
const SECOND_MULTIPLIER = 0xcd9e8d57;
const FIRST_KEY_STEP = 0x9e3779b9;
const SECOND_KEY_STEP = 0xbb67ae85;
const ROUNDS = 10;

/** Upper 32 bits of the product of two uint32. */
function highProduct(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
}

/**
 * Fills a block of four random uint32 from a counter and a key: Philox4x32-10.
 *
 * The same counter and key give the same block on every machine and in any order: no state, no stream to keep.
 *
 * @param counter - four uint32; overwritten by the block.
 * @param key - two uint32.
 * @source Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011), section 3.3 and its library's
 *   known answers.
 * @complexity 20 products of 32 bits.
 */
export function philoxInPlace(counter: Uint32Array, key: readonly [number, number]): void {
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const c0 = counter[0]!;
    const c2 = counter[2]!;
    counter[0] = highProduct(SECOND_MULTIPLIER, c2) ^ counter[1]! ^ k0;
    counter[2] = highProduct(FIRST_MULTIPLIER, c0) ^ counter[3]! ^ k1;
    counter[1] = Math.imul(SECOND_MULTIPLIER, c2);
    counter[3] = Math.imul(FIRST_MULTIPLIER, c0);
    k0 = (k0 + FIRST_KEY_STEP) >>> 0;
    k1 = (k1 + SECOND_KEY_STEP) >>> 0;
  }
}

/**
 * Fills a list with random whole numbers below a bound, from a seed and the number of the list.
 *
 * @param target - receives the numbers; whole, in [0, bound).
 * @param bound - above 0 and at most 2^32; the deviation from equal chances is at most bound / 2^32.
 * @param seed - uint32.
 * @param list - uint32; another list of the same seed.
 */
export function fillRandomIndices(
  target: Uint32Array,
  bound: number,
  seed: number,
  list: number,
): void {
  const block = new Uint32Array(4);
  for (let i = 0; i < target.length; i++) {
    if (i % 4 === 0) {
      block[0] = i / 4;
      block[1] = list;
      block[2] = 0;
      block[3] = 0;
      philoxInPlace(block, [seed >>> 0, 0]);
    }
    target[i] = Math.floor((block[i % 4]! / 4294967296) * bound);
  }
}
