/**
 * Natural logarithm in f64: x = m 2^e with m in [sqrt(1/2), sqrt 2), then 2 atanh((m - 1) / (m + 1)) by
 * its series. Relative error below 4e-16 away from 1. Zero gives -infinity, below zero gives NaN.
 */
export function logScalar(x: f64): f64 {
  if (isNaN(x) || x < 0) return f64.NaN;
  if (x === 0) return -f64.POSITIVE_INFINITY;
  if (x === f64.POSITIVE_INFINITY) return x;
  let exponent: f64 = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984;
    exponent = -54;
  }
  const bits = reinterpret<u64>(x);
  exponent += <f64>(<i32>(bits >> 52) - 1023);
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent += 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p: f64 = 1.0 / 23;
  p = p * z + 1.0 / 21;
  p = p * z + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 0.2;
  p = p * z + 1.0 / 3;
  // ln 2 in two parts: the first has 32 significant bits, so exponent * part is exact.
  const low = exponent * 1.9082149292705877e-10 + 2 * s * z * p;
  return exponent * 0.6931471803691238 + (low + 2 * s);
}
