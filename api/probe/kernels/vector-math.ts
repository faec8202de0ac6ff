// exp and tanh on four f32 lanes: the same bits in every JavaScript engine, NaN in gives NaN out.

/**
 * e^x. Range reduction x = n ln 2 + r with |r| <= ln 2 / 2, Taylor polynomial of degree 7 in r, and
 * 2^n in two factors so that results below 2^-126 and the overflow to infinity come out right.
 *
 * Relative error below 2.5e-7 for normal results.
 */
export function expVector(x: v128): v128 {
  const bounded = f32x4.max(f32x4.min(x, f32x4.splat(89)), f32x4.splat(-104));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(1.4426950408889634)));
  // ln 2 in two parts: the first has 9 significant bits, so n * part is exact.
  let r = f32x4.sub(bounded, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.1219444005469058e-4)));
  let p = f32x4.splat(1.984126984126984e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3888888888888889e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.333333333333333e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1666666666666664e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.16666666666666666));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  p = f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
  p = f32x4.add(p, f32x4.splat(1));
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  const rest = i32x4.sub(whole, half);
  const bias = i32x4.splat(127);
  p = f32x4.mul(p, i32x4.shl(i32x4.add(half, bias), 23));
  return f32x4.mul(p, i32x4.shl(i32x4.add(rest, bias), 23));
}

/**
 * tanh x. Below 0.625 the [5/4] Pade approximant, above it (e^2|x| - 1) / (e^2|x| + 1).
 *
 * Relative error below 4e-7.
 */
export function tanhVector(x: v128): v128 {
  const signMask = i32x4.splat(0x80000000);
  const size = f32x4.min(v128.andnot(x, signMask), f32x4.splat(10));
  const z = f32x4.mul(size, size);
  const small = f32x4.lt(size, f32x4.splat(0.625));
  const one = f32x4.splat(1);
  let numerator = f32x4.add(f32x4.mul(f32x4.add(z, f32x4.splat(105)), z), f32x4.splat(945));
  numerator = f32x4.mul(numerator, size);
  let denominator = f32x4.add(f32x4.mul(z, f32x4.splat(15)), f32x4.splat(420));
  denominator = f32x4.add(f32x4.mul(denominator, z), f32x4.splat(945));
  const e = expVector(f32x4.add(size, size));
  numerator = v128.bitselect(numerator, f32x4.sub(e, one), small);
  denominator = v128.bitselect(denominator, f32x4.add(e, one), small);
  return v128.or(f32x4.div(numerator, denominator), v128.and(x, signMask));
}
