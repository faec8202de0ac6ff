import { tanhVector } from "./vector-math";

export const RELU: i32 = 0;
export const GELU: i32 = 1;
export const TANH: i32 = 2;
export const IDENTITY: i32 = 3;

const constants = memory.data<f32>([1, 0.5, 10, -10, 0.035677408136300125, 0.7978845608028654, 3]);

function constant(slot: usize): v128 {
  return v128.load32_splat(constants + (slot << 2));
}

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
  const whole = columns & ~3;
  const bytes = (<usize>columns) << 2;
  for (let i = 0; i < rows; ++i) {
    if (bias !== 0) addBias(whole, bias, z);
    activateRow(kind, whole, z, h);
    if (whole < columns) {
      const at = (<usize>whole) << 2;
      activateTail(kind, columns - whole, bias === 0 ? 0 : bias + at, z + at, h + at);
    }
    z += bytes;
    h += bytes;
  }
}

function addBias(count: i32, bias: usize, z: usize): void {
  for (let j = 0; j < count; j += 4) {
    v128.store(z, f32x4.add(v128.load(z), v128.load(bias)));
    z += 16;
    bias += 16;
  }
}

function activateRow(kind: i32, count: i32, z: usize, h: usize): void {
  if (kind === RELU) reluRow(count, z, h);
  else if (kind === GELU) geluRow(count, z, h);
  else if (kind === TANH) tanhRow(count, z, h);
  else identityRow(count, z, h);
}

function reluRow(count: i32, z: usize, h: usize): void {
  const zero = f32x4.splat(0);
  const one = constant(0);
  for (let j = 0; j < count; j += 4) {
    const x = v128.load(z);
    // `not x <= 0` keeps a NaN: it must show up in the loss.
    const stopped = f32x4.le(x, zero);
    v128.store(h, v128.andnot(x, stopped));
    v128.store(z, v128.andnot(one, stopped));
    z += 16;
    h += 16;
  }
}

function identityRow(count: i32, z: usize, h: usize): void {
  const one = constant(0);
  for (let j = 0; j < count; j += 4) {
    v128.store(h, v128.load(z));
    v128.store(z, one);
    z += 16;
    h += 16;
  }
}

function tanhRow(count: i32, z: usize, h: usize): void {
  for (let j = 0; j < count; j += 4) {
    const t = tanhVector(v128.load(z));
    v128.store(h, t);
    v128.store(z, f32x4.sub(constant(0), f32x4.mul(t, t)));
    z += 16;
    h += 16;
  }
}

// GELU(x) = x/2 (1 + tanh(c (x + 0.044715 x^3))), c = sqrt(2 / pi). Beyond |x| = 10 tanh is 1 in f32.
function geluRow(count: i32, z: usize, h: usize): void {
  for (let j = 0; j < count; j += 4) {
    const x = v128.load(z);
    const bounded = f32x4.pmax(f32x4.pmin(x, constant(2)), constant(3));
    const cubic = f32x4.mul(f32x4.mul(bounded, bounded), constant(4));
    const t = tanhVector(f32x4.mul(bounded, f32x4.add(cubic, constant(5))));
    const weight = f32x4.mul(constant(1), f32x4.add(constant(0), t));
    v128.store(h, f32x4.mul(x, weight));
    const slope = f32x4.add(f32x4.mul(cubic, constant(6)), constant(5));
    const bell = f32x4.mul(f32x4.sub(constant(0), f32x4.mul(t, t)), slope);
    const half = f32x4.mul(constant(1), bounded);
    v128.store(z, f32x4.add(weight, f32x4.mul(half, bell)));
    z += 16;
    h += 16;
  }
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
  activateRow(kind, 4, tail, tail + 64);
  for (let i = 0; i < lanes; ++i) {
    const at = (<usize>i) << 2;
    store<f32>(z + at, load<f32>(tail + at));
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
