export const SGD: i32 = 0;
export const MOMENTUM: i32 = 1;
export const ADAM: i32 = 2;
export const ADAMW: i32 = 3;

/** p -= rate * (g + decay * p). */
export function sgdUpdate(count: i32, p: usize, g: usize, rate: f32, decay: f32): void {
  const step = f32x4.splat(rate);
  let i = 0;
  if (decay === 0) {
    for (; i + 16 <= count; i += 16) {
      descend(p, g, step);
      descend(p + 16, g + 16, step);
      descend(p + 32, g + 32, step);
      descend(p + 48, g + 48, step);
      p += 64;
      g += 64;
    }
  }
  const shrink = f32x4.splat(decay);
  for (; i < count; i += 4) {
    const w = v128.load(p);
    const slope = f32x4.add(v128.load(g), f32x4.mul(shrink, w));
    v128.store(p, f32x4.sub(w, f32x4.mul(step, slope)));
    p += 16;
    g += 16;
  }
}

function descend(p: usize, g: usize, step: v128): void {
  v128.store(p, f32x4.sub(v128.load(p), f32x4.mul(step, v128.load(g))));
}

/** v = momentum * v + g + decay * p; p -= rate * v (heavy ball). */
export function momentumUpdate(
  count: i32,
  p: usize,
  g: usize,
  v: usize,
  rate: f32,
  momentum: f32,
  decay: f32,
): void {
  const step = f32x4.splat(rate);
  const keep = f32x4.splat(momentum);
  const shrink = f32x4.splat(decay);
  for (let i = 0; i < count; i += 4) {
    const w = v128.load(p);
    const slope = f32x4.add(v128.load(g), f32x4.mul(shrink, w));
    const speed = f32x4.add(f32x4.mul(keep, v128.load(v)), slope);
    v128.store(v, speed);
    v128.store(p, f32x4.sub(w, f32x4.mul(step, speed)));
    p += 16;
    g += 16;
    v += 16;
  }
}

/**
 * Adam: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, p -= rate * (m / c1) / (sqrt(v / c2) + epsilon)
 * with c = 1 - b^t. `coupled` adds decay * p to the gradient, `decoupled` shrinks p by rate * decay.
 */
export function adamUpdate(
  count: i32,
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  rate: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  correction1: f32,
  correction2: f32,
  coupled: f32,
  decoupled: f32,
): void {
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const c1 = f32x4.splat(1 - beta1);
  const c2 = f32x4.splat(1 - beta2);
  const invert1 = f32x4.splat(rate / correction1);
  const invert2 = f32x4.splat(1 / correction2);
  const floor = f32x4.splat(epsilon);
  const l2 = f32x4.splat(coupled);
  const keep = f32x4.splat(1 - rate * decoupled);
  for (let i = 0; i < count; i += 4) {
    const w = v128.load(p);
    const slope = f32x4.add(v128.load(g), f32x4.mul(l2, w));
    const first = f32x4.add(f32x4.mul(b1, v128.load(m)), f32x4.mul(c1, slope));
    const second = f32x4.add(f32x4.mul(b2, v128.load(v)), f32x4.mul(c2, f32x4.mul(slope, slope)));
    v128.store(m, first);
    v128.store(v, second);
    const scale = f32x4.add(f32x4.sqrt(f32x4.mul(second, invert2)), floor);
    const move = f32x4.div(f32x4.mul(first, invert1), scale);
    v128.store(p, f32x4.sub(f32x4.mul(w, keep), move));
    p += 16;
    g += 16;
    m += 16;
    v += 16;
  }
}

/** average += weight * (p - average). */
export function averageUpdate(count: i32, p: usize, average: usize, weight: f32): void {
  const w = f32x4.splat(weight);
  let i = 0;
  for (; i + 16 <= count; i += 16) {
    approach(average, p, w);
    approach(average + 16, p + 16, w);
    approach(average + 32, p + 32, w);
    approach(average + 48, p + 48, w);
    p += 64;
    average += 64;
  }
  for (; i < count; i += 4) {
    approach(average, p, w);
    p += 16;
    average += 16;
  }
}

function approach(average: usize, p: usize, weight: v128): void {
  const a = v128.load(average);
  v128.store(average, f32x4.add(a, f32x4.mul(weight, f32x4.sub(v128.load(p), a))));
}
