// exp and tanh on four f32 lanes: the same bits in every JavaScript engine, NaN in gives NaN out.
//
// Constants are read from memory: a load that broadcasts is one instruction, while engines build a
// vector literal anew, with several, in every turn of a loop. The bounds use pmin and pmax in the operand
// order that keeps a NaN.

const constants = memory.data<f32>([
  // exp: upper and lower bound, 1 / ln 2, 1.5 * 2^23, minus the two parts of ln 2 (the first has 9
  // significant bits, so that n * part is exact), 1/7! .. 1/2!, 1.
  89, -104, 1.4426950408889634, 12582912, -0.693359375, 2.1219444005469058e-4, 1.984126984126984e-4,
  1.3888888888888889e-3, 8.333333333333333e-3, 4.1666666666666664e-2, 0.16666666666666666, 0.5, 1,
  // tanh: bound, switch, 105, 945, 15, 420.
  10, 0.625, 105, 945, 15, 420,
]);
const words = memory.data<i32>([0x4b400000, 127, 0x80000000]);

function constant(slot: usize): v128 {
  return v128.load32_splat(constants + (slot << 2));
}

/**
 * e^x. Range reduction x = n ln 2 + r with |r| <= ln 2 / 2, Taylor polynomial of degree 7 in r, and
 * 2^n in two factors so that results below 2^-126 and the overflow to infinity come out right.
 *
 * Relative error below 2.5e-7 for normal results.
 */
export function expVector(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, constant(0)), constant(1));
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  const shifted = f32x4.add(f32x4.mul(bounded, constant(2)), constant(3));
  const n = f32x4.sub(shifted, constant(3));
  let r = f32x4.add(bounded, f32x4.mul(n, constant(4)));
  r = f32x4.add(r, f32x4.mul(n, constant(5)));
  let p = constant(6);
  p = f32x4.add(f32x4.mul(p, r), constant(7));
  p = f32x4.add(f32x4.mul(p, r), constant(8));
  p = f32x4.add(f32x4.mul(p, r), constant(9));
  p = f32x4.add(f32x4.mul(p, r), constant(10));
  p = f32x4.add(f32x4.mul(p, r), constant(11));
  p = f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
  p = f32x4.add(p, constant(12));
  const whole = i32x4.sub(shifted, v128.load32_splat(words));
  const half = i32x4.shr_s(whole, 1);
  const rest = i32x4.sub(whole, half);
  const bias = v128.load32_splat(words, 4);
  p = f32x4.mul(p, i32x4.shl(i32x4.add(half, bias), 23));
  return f32x4.mul(p, i32x4.shl(i32x4.add(rest, bias), 23));
}

/**
 * tanh x. Below 0.625 the [5/4] Pade approximant, above it (e^2|x| - 1) / (e^2|x| + 1).
 *
 * Relative error below 4e-7.
 */
export function tanhVector(x: v128): v128 {
  const signMask = v128.load32_splat(words, 8);
  const size = f32x4.pmin(v128.andnot(x, signMask), constant(13));
  const z = f32x4.mul(size, size);
  const small = f32x4.lt(size, constant(14));
  const one = constant(12);
  let numerator = f32x4.add(f32x4.mul(f32x4.add(z, constant(15)), z), constant(16));
  numerator = f32x4.mul(numerator, size);
  let denominator = f32x4.add(f32x4.mul(z, constant(17)), constant(18));
  denominator = f32x4.add(f32x4.mul(denominator, z), constant(16));
  const e = expVector(f32x4.add(size, size));
  numerator = v128.bitselect(numerator, f32x4.sub(e, one), small);
  denominator = v128.bitselect(denominator, f32x4.add(e, one), small);
  return v128.or(f32x4.div(numerator, denominator), v128.and(x, signMask));
}
