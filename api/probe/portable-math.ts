// exp, log, tanh and pow with the same bits in every JavaScript engine. `Math.exp` and its kin may
// differ in the last place from engine to engine, so nothing that reaches a digest or chooses a cell
// may use them. Only + - * / and Math.sqrt, which the language defines exactly, stand here.

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const words = new DataView(new ArrayBuffer(8));

function powerOfTwo(exponent: number): number {
  words.setUint32(0, (exponent + 1023) << 20);
  words.setUint32(4, 0);
  return words.getFloat64(0);
}

/**
 * e^x with a relative error below 4e-16 (normal results).
 *
 *   x = n ln 2 + r, |r| <= ln 2 / 2;  e^x = 2^n (1 + r + ... + r^13 / 13!)
 *
 * @param x - any number; NaN gives NaN, above 709.78 infinity, below -745.13 zero.
 */
export function portableExp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019411) return 0;
  const n = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  let term = 1;
  for (let k = 14; k >= 2; k -= 1) term = 1 + (term * r) / k;
  const value = 1 + r * term;
  const half = Math.floor(n / 2);
  return value * powerOfTwo(half) * powerOfTwo(n - half);
}

/**
 * Natural logarithm with a relative error below 4e-16 away from 1.
 *
 *   x = m 2^e, m in [sqrt(1/2), sqrt 2);  ln x = e ln 2 + 2 atanh((m - 1) / (m + 1))
 *
 * @param x - any number; 0 gives -infinity, below 0 and NaN give NaN.
 */
export function portableLog(x: number): number {
  if (Number.isNaN(x) || x < 0) return Number.NaN;
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return x;
  const subnormal = x < 2.2250738585072014e-308;
  words.setFloat64(0, subnormal ? x * 18014398509481984 : x);
  const high = words.getUint32(0);
  let exponent = (high >>> 20) - 1023 - (subnormal ? 54 : 0);
  words.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let m = words.getFloat64(0);
  if (m > Math.SQRT2) {
    m *= 0.5;
    exponent += 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let series = 0;
  for (let k = 23; k >= 3; k -= 2) series = series * z + 1 / k;
  return exponent * LN2_HIGH + (exponent * LN2_LOW + 2 * s * z * series + 2 * s);
}

/**
 * x^y = e^(y ln x) for x > 0; relative error below 4e-16 (1 + |y ln x|).
 *
 * @throws {RangeError} when x is not above zero.
 */
export function portablePow(x: number, y: number): number {
  if (!(x > 0)) throw new RangeError(`"x" must be above 0, received ${x}`);
  return portableExp(y * portableLog(x));
}

/** tanh x with a relative error below 2e-14. */
export function portableTanh(x: number): number {
  const size = Math.abs(x);
  if (size > 20) return Math.sign(x);
  if (size < 0.01) {
    const z = x * x;
    return x * (1 - z * (1 / 3 - z * (2 / 15 - z * (17 / 315 - z * (62 / 2835)))));
  }
  const e = portableExp(2 * size);
  return Math.sign(x) * ((e - 1) / (e + 1));
}

/**
 * cos and sin of 2 pi `turns`, turns in [0, 1): absolute error below 1e-15.
 *
 * @returns [cos, sin].
 */
export function portableCosSin(turns: number): readonly [number, number] {
  const quarter = Math.floor(turns * 4 + 0.5);
  const angle = (turns - quarter / 4) * (2 * Math.PI);
  const z = angle * angle;
  let c = 1;
  let s = 1;
  for (let k = 18; k >= 2; k -= 2) {
    c = 1 - (c * z) / (k * (k - 1));
    s = 1 - (s * z) / (k * (k + 1));
  }
  s *= angle;
  switch (quarter % 4) {
    case 0:
      return [c, s];
    case 1:
      return [-s, c];
    case 2:
      return [-c, -s];
    default:
      return [s, -c];
  }
}
