import { expVector, tanhVector } from "./vector-math";

/** Writes e^x of `count` values (for tests and plots). */
export function expArray(count: i32, x: usize, y: usize): void {
  for (let i = 0; i < count; i += 4) {
    const at = (<usize>i) << 2;
    v128.store(y + at, expVector(v128.load(x + at)));
  }
}

/** Writes tanh x of `count` values (for tests and plots). */
export function tanhArray(count: i32, x: usize, y: usize): void {
  for (let i = 0; i < count; i += 4) {
    const at = (<usize>i) << 2;
    v128.store(y + at, tanhVector(v128.load(x + at)));
  }
}
