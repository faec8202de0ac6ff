import {
  ADAM,
  ADAMW,
  adamUpdate,
  averageUpdate,
  MOMENTUM,
  momentumUpdate,
  sgdUpdate,
} from "./optimizers";
import { address, scalar, setScalar, word } from "./plan";
import {
  AVERAGE,
  AVERAGING,
  AVERAGING_PARAMETER,
  BETA1,
  BETA1_POWER,
  BETA2,
  BETA2_POWER,
  EPSILON,
  FIRST_MOMENT,
  LEARNING_RATE,
  MOMENTUM_FACTOR,
  OPTIMIZER,
  PARAMS,
  SECOND_MOMENT,
  STEP,
  WARMUP_STEPS,
  WEIGHT_DECAY,
} from "./plan-layout";

/** Advances what all parameters of a step share: once, before the first `updateBlock` of the step. */
export function beginUpdate(plan: usize): void {
  const kind = word(plan, OPTIMIZER);
  if (kind !== ADAM && kind !== ADAMW) return;
  setScalar(plan, BETA1_POWER, scalar(plan, BETA1_POWER) * scalar(plan, BETA1));
  setScalar(plan, BETA2_POWER, scalar(plan, BETA2_POWER) * scalar(plan, BETA2));
}

// A vector each of weights, gradient, two moments and average, for the values behind the last whole vector.
const ends = memory.data(80, 16);

/**
 * Updates `count` parameters from the `first` one on, and their average.
 *
 * @param g - address of the gradient of the first of them.
 */
export function updateBlock(plan: usize, first: i32, count: i32, g: usize): void {
  const whole = count & ~3;
  const at = (<usize>first) << 2;
  const p = address(plan, PARAMS) + at;
  const m = address(plan, FIRST_MOMENT) + at;
  const v = address(plan, SECOND_MOMENT) + at;
  const a = address(plan, AVERAGE) + at;
  updateVectors(plan, whole, p, g, m, v, a);
  if (whole === count) return;
  const behind = (<usize>whole) << 2;
  const bytes = (<usize>(count - whole)) << 2;
  const kind = word(plan, OPTIMIZER);
  const adaptive = kind === ADAM || kind === ADAMW;
  const averaged = word(plan, AVERAGING) !== 0;
  memory.copy(ends, p + behind, bytes);
  memory.copy(ends + 16, g + behind, bytes);
  if (kind !== 0) memory.copy(ends + 32, m + behind, bytes);
  if (adaptive) memory.copy(ends + 48, v + behind, bytes);
  if (averaged) memory.copy(ends + 64, a + behind, bytes);
  updateVectors(plan, 4, ends, ends + 16, ends + 32, ends + 48, ends + 64);
  memory.copy(p + behind, ends, bytes);
  if (kind !== 0) memory.copy(m + behind, ends + 32, bytes);
  if (adaptive) memory.copy(v + behind, ends + 48, bytes);
  if (averaged) memory.copy(a + behind, ends + 64, bytes);
}

function updateVectors(
  plan: usize,
  count: i32,
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  a: usize,
): void {
  const rate = learningRate(plan);
  const decay = <f32>scalar(plan, WEIGHT_DECAY);
  const kind = word(plan, OPTIMIZER);
  if (kind === ADAM || kind === ADAMW) {
    const c1 = <f32>(1 - scalar(plan, BETA1_POWER));
    const c2 = <f32>(1 - scalar(plan, BETA2_POWER));
    const floor = <f32>scalar(plan, EPSILON);
    const coupled: f32 = kind === ADAM ? decay : 0;
    const decoupled: f32 = kind === ADAM ? 0 : decay;
    const b1 = <f32>scalar(plan, BETA1);
    const b2 = <f32>scalar(plan, BETA2);
    adamUpdate(count, p, g, m, v, rate, b1, b2, floor, c1, c2, coupled, decoupled);
  } else if (kind === MOMENTUM) {
    momentumUpdate(count, p, g, m, rate, <f32>scalar(plan, MOMENTUM_FACTOR), decay);
  } else {
    sgdUpdate(count, p, g, rate, decay);
  }
  if (word(plan, AVERAGING) !== 0) averageUpdate(count, p, a, averagingWeight(plan));
}

function learningRate(plan: usize): f32 {
  const step = word(plan, STEP) + 1;
  const warmup = word(plan, WARMUP_STEPS);
  const rate = scalar(plan, LEARNING_RATE);
  return <f32>(step < warmup ? (rate * <f64>step) / <f64>warmup : rate);
}

// 1: exponential with decay a, weight 1 - a. 2: polynomial, weight (c + 1) / (t + c) at step t = 1, 2, ...
function averagingWeight(plan: usize): f32 {
  const parameter = scalar(plan, AVERAGING_PARAMETER);
  if (word(plan, AVERAGING) === 1) return <f32>(1 - parameter);
  return <f32>((parameter + 1) / (<f64>(word(plan, STEP) + 1) + parameter));
}
