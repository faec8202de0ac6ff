import { SCALARS } from "./plan-layout";

/** Reads a word of the plan. */
export function word(plan: usize, field: i32): i32 {
  return load<i32>(plan + ((<usize>field) << 2));
}

/** Reads a word of the plan that holds an address. */
export function address(plan: usize, field: i32): usize {
  return <usize>load<u32>(plan + ((<usize>field) << 2));
}

/** Writes a word of the plan. */
export function setWord(plan: usize, field: i32, value: i32): void {
  store<i32>(plan + ((<usize>field) << 2), value);
}

/** Reads an f64 of the scalar block. */
export function scalar(plan: usize, slot: i32): f64 {
  return load<f64>(address(plan, SCALARS) + ((<usize>slot) << 3));
}

/** Writes an f64 of the scalar block. */
export function setScalar(plan: usize, slot: i32, value: f64): void {
  store<f64>(address(plan, SCALARS) + ((<usize>slot) << 3), value);
}
