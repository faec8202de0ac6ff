import { tanhVector } from "./vector-math";

export const RELU: i32 = 0;
export const GELU: i32 = 1;
export const TANH: i32 = 2;
export const IDENTITY: i32 = 3;

/**
 * Bias, activation and its derivative in one pass over a matrix: z := act'(z + bias), h := act(z + bias).
 *
 * @param bias - address of `columns` values, or 0 for none.
 * @param z - [rows, columns]: in the products, out the derivative that the backward pass multiplies by.
 * @param h - [rows, columns]: out the activations.
 */
export function biasActivation(
  kind: i32,
  rows: i32,
  columns: i32,
  bias: usize,
  z: usize,
  h: usize,
): void {
  for (let i = 0; i < rows; ++i) {
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      const at = (<usize>j) << 2;
      let x = v128.load(z + at);
      if (bias !== 0) x = f32x4.add(x, v128.load(bias + at));
      activate(kind, x, z + at, h + at);
    }
    if (j < columns) {
      const at = (<usize>j) << 2;
      activateTail(kind, columns - j, bias === 0 ? 0 : bias + at, z + at, h + at);
    }
    z += (<usize>columns) << 2;
    h += (<usize>columns) << 2;
  }
}

function activate(kind: i32, x: v128, derivative: usize, h: usize): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  if (kind === RELU) {
    // `not x <= 0` keeps a NaN: it must show up in the loss.
    const positive = v128.not(f32x4.le(x, zero));
    v128.store(h, v128.and(x, positive));
    v128.store(derivative, v128.and(one, positive));
  } else if (kind === TANH) {
    const t = tanhVector(x);
    v128.store(h, t);
    v128.store(derivative, f32x4.sub(one, f32x4.mul(t, t)));
  } else if (kind === GELU) {
    geluVector(x, derivative, h);
  } else {
    v128.store(h, x);
    v128.store(derivative, one);
  }
}

// GELU(x) = x/2 (1 + tanh(c (x + 0.044715 x^3))), c = sqrt(2 / pi). Beyond |x| = 10 tanh is 1 in f32.
function geluVector(x: v128, derivative: usize, h: usize): void {
  const one = f32x4.splat(1);
  const half = f32x4.splat(0.5);
  const bounded = f32x4.max(f32x4.min(x, f32x4.splat(10)), f32x4.splat(-10));
  const square = f32x4.mul(bounded, bounded);
  const cubic = f32x4.mul(square, f32x4.splat(0.035677408136300125));
  const linear = f32x4.splat(0.7978845608028654);
  const t = tanhVector(f32x4.mul(bounded, f32x4.add(cubic, linear)));
  const weight = f32x4.mul(half, f32x4.add(one, t));
  v128.store(h, f32x4.mul(x, weight));
  const slope = f32x4.add(f32x4.mul(cubic, f32x4.splat(3)), linear);
  const bell = f32x4.mul(f32x4.sub(one, f32x4.mul(t, t)), slope);
  v128.store(derivative, f32x4.add(weight, f32x4.mul(f32x4.mul(half, bounded), bell)));
}

let tail: usize = 0;

/** Gives the kernel 96 bytes of scratch for rows that are no multiple of four. */
export function setActivationScratch(address: usize): void {
  tail = address;
}

function activateTail(kind: i32, lanes: i32, bias: usize, z: usize, h: usize): void {
  for (let i = 0; i < lanes; ++i) {
    const at = (<usize>i) << 2;
    const x = load<f32>(z + at);
    store<f32>(tail + at, bias === 0 ? x : x + load<f32>(bias + at));
  }
  activate(kind, v128.load(tail), tail + 32, tail + 64);
  for (let i = 0; i < lanes; ++i) {
    const at = (<usize>i) << 2;
    store<f32>(z + at, load<f32>(tail + 32 + at));
    store<f32>(h + at, load<f32>(tail + 64 + at));
  }
}

/** delta := delta * derivative, elementwise over `count` values. */
export function multiplyInto(count: i32, derivative: usize, delta: usize): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(delta, f32x4.mul(v128.load(delta), v128.load(derivative)));
    delta += 16;
    derivative += 16;
  }
  for (; i < count; ++i) {
    store<f32>(delta, load<f32>(delta) * load<f32>(derivative));
    delta += 4;
    derivative += 4;
  }
}
