/**
 * Register-only strict multiply-add loop: the rate no GEMM can pass in the same runtime. Every
 * iteration does `acc = acc * x + y` on `accumulators` (8 to 12) vectors of four lanes.
 *
 * @returns a value that depends on every accumulator, so that none can be left out.
 */
export function peakLoop(accumulators: i32, iterations: i32, factor: f32, addend: f32): f32 {
  if (accumulators === 8) return peak8(iterations, factor, addend);
  if (accumulators === 10) return peak10(iterations, factor, addend);
  return peak12(iterations, factor, addend);
}

function peak8(iterations: i32, factor: f32, addend: f32): f32 {
  const x = f32x4.splat(factor);
  const y = f32x4.splat(addend);
  let a = f32x4.splat(1);
  let b = f32x4.splat(2);
  let c = f32x4.splat(3);
  let d = f32x4.splat(4);
  let e = f32x4.splat(5);
  let f = f32x4.splat(6);
  let g = f32x4.splat(7);
  let h = f32x4.splat(8);
  for (let i = 0; i < iterations; ++i) {
    a = f32x4.add(f32x4.mul(a, x), y);
    b = f32x4.add(f32x4.mul(b, x), y);
    c = f32x4.add(f32x4.mul(c, x), y);
    d = f32x4.add(f32x4.mul(d, x), y);
    e = f32x4.add(f32x4.mul(e, x), y);
    f = f32x4.add(f32x4.mul(f, x), y);
    g = f32x4.add(f32x4.mul(g, x), y);
    h = f32x4.add(f32x4.mul(h, x), y);
  }
  const left = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  const right = f32x4.add(f32x4.add(e, f), f32x4.add(g, h));
  return f32x4.extract_lane(f32x4.add(left, right), 0);
}

function peak10(iterations: i32, factor: f32, addend: f32): f32 {
  const x = f32x4.splat(factor);
  const y = f32x4.splat(addend);
  let a = f32x4.splat(1);
  let b = f32x4.splat(2);
  let c = f32x4.splat(3);
  let d = f32x4.splat(4);
  let e = f32x4.splat(5);
  let f = f32x4.splat(6);
  let g = f32x4.splat(7);
  let h = f32x4.splat(8);
  let p = f32x4.splat(9);
  let q = f32x4.splat(10);
  for (let i = 0; i < iterations; ++i) {
    a = f32x4.add(f32x4.mul(a, x), y);
    b = f32x4.add(f32x4.mul(b, x), y);
    c = f32x4.add(f32x4.mul(c, x), y);
    d = f32x4.add(f32x4.mul(d, x), y);
    e = f32x4.add(f32x4.mul(e, x), y);
    f = f32x4.add(f32x4.mul(f, x), y);
    g = f32x4.add(f32x4.mul(g, x), y);
    h = f32x4.add(f32x4.mul(h, x), y);
    p = f32x4.add(f32x4.mul(p, x), y);
    q = f32x4.add(f32x4.mul(q, x), y);
  }
  const left = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  const right = f32x4.add(f32x4.add(e, f), f32x4.add(g, h));
  return f32x4.extract_lane(f32x4.add(f32x4.add(left, right), f32x4.add(p, q)), 0);
}

function peak12(iterations: i32, factor: f32, addend: f32): f32 {
  const x = f32x4.splat(factor);
  const y = f32x4.splat(addend);
  let a = f32x4.splat(1);
  let b = f32x4.splat(2);
  let c = f32x4.splat(3);
  let d = f32x4.splat(4);
  let e = f32x4.splat(5);
  let f = f32x4.splat(6);
  let g = f32x4.splat(7);
  let h = f32x4.splat(8);
  let p = f32x4.splat(9);
  let q = f32x4.splat(10);
  let r = f32x4.splat(11);
  let s = f32x4.splat(12);
  for (let i = 0; i < iterations; ++i) {
    a = f32x4.add(f32x4.mul(a, x), y);
    b = f32x4.add(f32x4.mul(b, x), y);
    c = f32x4.add(f32x4.mul(c, x), y);
    d = f32x4.add(f32x4.mul(d, x), y);
    e = f32x4.add(f32x4.mul(e, x), y);
    f = f32x4.add(f32x4.mul(f, x), y);
    g = f32x4.add(f32x4.mul(g, x), y);
    h = f32x4.add(f32x4.mul(h, x), y);
    p = f32x4.add(f32x4.mul(p, x), y);
    q = f32x4.add(f32x4.mul(q, x), y);
    r = f32x4.add(f32x4.mul(r, x), y);
    s = f32x4.add(f32x4.mul(s, x), y);
  }
  const left = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  const right = f32x4.add(f32x4.add(e, f), f32x4.add(g, h));
  const rest = f32x4.add(f32x4.add(p, q), f32x4.add(r, s));
  return f32x4.extract_lane(f32x4.add(f32x4.add(left, right), rest), 0);
}
