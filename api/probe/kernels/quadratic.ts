import { philoxBlock } from "./random";

/**
 * Steps of SGD on the noisy quadratic model: theta_i <- (1 - rate h_i) theta_i + rate sigma_i / sqrt(B) xi,
 * `replicas` independent chains in step, for steps `first` .. `first + count - 1`.
 *
 * xi has mean 0 and variance 1 exactly: the centred and scaled sum of the four bytes of a random word
 * (the recurrences of the expected loss use the first two moments only).
 *
 * @param theta - [dimensions, replicas], replicas a multiple of 4.
 * @param shrink - f32 per dimension, 1 - rate h_i.
 * @param noise - f32 per dimension, rate sigma_i / sqrt(B).
 * @param words - 64 bytes of scratch.
 */
export function quadraticSteps(
  dimensions: i32,
  replicas: i32,
  theta: usize,
  shrink: usize,
  noise: usize,
  seed: i32,
  first: i32,
  count: i32,
  words: usize,
): void {
  const values = dimensions * replicas;
  for (let step = first; step < first + count; ++step) {
    for (let at = 0; at < values; at += 16) {
      philoxBlock(seed, 7, at >> 2, step, words);
      const stop = min(at + 16, values);
      for (let i = at; i < stop; i += 4) {
        const dimension = (<usize>(i / replicas)) << 2;
        const xi = byteSum(v128.load(words + ((<usize>(i - at)) << 2)));
        const to = theta + ((<usize>i) << 2);
        const kept = f32x4.mul(v128.load(to), v128.load32_splat(shrink + dimension));
        v128.store(to, f32x4.add(kept, f32x4.mul(xi, v128.load32_splat(noise + dimension))));
      }
    }
  }
}

// Four bytes: mean 510, variance 4 (256^2 - 1) / 12 = 21845.
function byteSum(word: v128): v128 {
  const pairs = i16x8.extadd_pairwise_i8x16_u(word);
  const sum = f32x4.convert_i32x4_s(i32x4.extadd_pairwise_i16x8_u(pairs));
  return f32x4.mul(f32x4.sub(sum, f32x4.splat(510)), f32x4.splat(0.006765875086793228));
}

/** Mean over replicas of 1/2 sum_i h_i theta_i^2, summed in f64. */
export function quadraticLoss(dimensions: i32, replicas: i32, theta: usize, curvature: usize): f64 {
  let total: f64 = 0;
  for (let i = 0; i < dimensions; ++i) {
    let sum: f64 = 0;
    for (let r = 0; r < replicas; ++r) {
      const value = <f64>load<f32>(theta);
      sum += value * value;
      theta += 4;
    }
    total += 0.5 * load<f64>(curvature + ((<usize>i) << 3)) * sum;
  }
  return total / <f64>replicas;
}
