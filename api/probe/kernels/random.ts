// Philox4x32-10 (Salmon et al. 2011): a counter-based generator, four counters at a time in lanes.

const MULTIPLIER_0: i32 = 0xd2511f53;
const MULTIPLIER_1: i32 = 0xcd9e8d57;
const WEYL_0: i32 = 0x9e3779b9;
const WEYL_1: i32 = 0xbb67ae85;

function highProducts(x: v128, multiplier: v128): v128 {
  const low = i64x2.extmul_low_i32x4_u(x, multiplier);
  const high = i64x2.extmul_high_i32x4_u(x, multiplier);
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

/**
 * Writes 16 words: the four outputs of counters `index` .. `index + 3`, word 0 of all four first.
 *
 * Counter = (index, step, 0, 0), key = (seed, stream).
 */
export function philoxBlock(seed: i32, stream: i32, index: i32, step: i32, out: usize): void {
  let x0 = i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3));
  let x1 = i32x4.splat(step);
  let x2 = i32x4.splat(0);
  let x3 = i32x4.splat(0);
  const m0 = i32x4.splat(MULTIPLIER_0);
  const m1 = i32x4.splat(MULTIPLIER_1);
  let k0 = seed;
  let k1 = stream;
  for (let round = 0; round < 10; ++round) {
    const high0 = highProducts(x0, m0);
    const low0 = i32x4.mul(x0, m0);
    const high1 = highProducts(x2, m1);
    const low1 = i32x4.mul(x2, m1);
    x0 = v128.xor(v128.xor(high1, x1), i32x4.splat(k0));
    x2 = v128.xor(v128.xor(high0, x3), i32x4.splat(k1));
    x1 = low1;
    x3 = low0;
    k0 += WEYL_0;
    k1 += WEYL_1;
  }
  v128.store(out, x0);
  v128.store(out, x1, 16);
  v128.store(out, x2, 32);
  v128.store(out, x3, 48);
}

/** A 32-bit mixing function (xor-shift and multiply rounds) for the permutation's rounds. */
function mix(x: u32): u32 {
  x ^= x >> 16;
  x *= 0x7feb352d;
  x ^= x >> 15;
  x *= 0x846ca68b;
  x ^= x >> 16;
  return x;
}

/**
 * Position `index` of a keyed permutation of 0 .. count - 1: a six-round Feistel network over the
 * smallest even number of bits, walked until it lands inside (without replacement, no memory).
 */
export function permuted(index: u32, count: u32, seed: u32, epoch: u32): u32 {
  if (count <= 1) return 0;
  const bits: u32 = 32 - <u32>clz(count - 1);
  const half: u32 = max((bits + 1) >> 1, 1);
  const mask: u32 = (1 << half) - 1;
  const key = mix(seed ^ mix(epoch + 0x9e3779b9));
  let value = index;
  do {
    let left = value >> half;
    let right = value & mask;
    for (let round: u32 = 0; round < 6; ++round) {
      const next = left ^ (mix(right + key + round * 0x85ebca6b) & mask);
      left = right;
      right = next;
    }
    value = (left << half) | right;
  } while (value >= count);
  return value;
}
