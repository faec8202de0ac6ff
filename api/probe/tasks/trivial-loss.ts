import { portableLog } from "../portable-math.ts";

/**
 * Mean cross-entropy of the training part's class frequencies (plus one of each) on validation labels.
 *
 * @param classes - number of classes, at least 1.
 */
export function priorLoss(
  train: ArrayLike<number>,
  validation: ArrayLike<number>,
  classes: number,
): number {
  const counts = new Float64Array(classes).fill(1);
  for (let i = 0; i < train.length; i += 1) counts[train[i]!]! += 1;
  const total = train.length + classes;
  let sum = 0;
  for (let i = 0; i < validation.length; i += 1)
    sum -= portableLog(counts[validation[i]!]! / total);
  return sum / validation.length;
}

/** Half the mean squared distance of validation targets from the mean of the training targets. */
export function meanLoss(train: ArrayLike<number>, validation: ArrayLike<number>): number {
  let mean = 0;
  for (let i = 0; i < train.length; i += 1) mean += train[i]! / train.length;
  let sum = 0;
  for (let i = 0; i < validation.length; i += 1) sum += 0.5 * (validation[i]! - mean) ** 2;
  return sum / validation.length;
}
