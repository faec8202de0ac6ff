import { gemmTN, PACK_ROWS } from "./gemm";
import { finishNorms, layerDelta, layerInput, layerRow, mlpBackward, mlpGradient } from "./mlp";
import { address, scalar, word } from "./plan";
import {
  BATCH,
  EXAMPLE_SQUARES,
  GRADIENT,
  LAYERS,
  LOSS_SUM,
  PARAM_COUNT,
  PARAMS,
  TABLE_INPUTS,
  TABLE_OUTPUTS,
  TABLE_WEIGHTS,
  TRAIN_INPUT,
  TRAIN_TARGET,
  WORK,
} from "./plan-layout";
import { columnSums, sumOfSquares } from "./reductions";
import { beginUpdate, updateBlock } from "./step-update";

// Values of a gradient block: it stays in the first-level cache until it has been used.
const BLOCK_VALUES: i32 = 4096;
// Bytes of the work area that the products of a block use themselves.
const EDGE_BYTES: usize = 256;
// Below this no sum of products can leave the range of f32.
const SAFE_SQUARE: f64 = 1e76;

/** Whether a step of so many rows is bound by memory, so that `mlpStep` is the faster way to do it. */
export function stepPays(rows: i32): bool {
  return rows < PACK_ROWS;
}

/**
 * A whole step over the listed rows: the gradient never stands in memory as a whole, every block of it updates its
 * weights while it is in the cache. Every weight gets the same bits as by `mlpAccumulate` and `updateBlock`.
 *
 * @returns |g|^2, not finite when the weights were left as they are.
 */
export function mlpStep(plan: usize, rows: i32, norms: bool): f64 {
  const inputs = address(plan, TRAIN_INPUT);
  const targets = address(plan, TRAIN_TARGET);
  const scale = 1 / <f64>word(plan, BATCH);
  mlpBackward(plan, address(plan, PARAMS), rows, inputs, targets, scale, true);
  const safe = isSafe(plan, rows);
  if (norms) finishNorms(plan, rows, scale);
  if (safe) {
    beginUpdate(plan);
    let square: f64 = 0;
    for (let l = word(plan, LAYERS) - 1; l >= 0; --l) square += updateLayer(plan, l, rows);
    return square;
  }
  const count = word(plan, PARAM_COUNT);
  const gradient = address(plan, GRADIENT);
  mlpGradient(plan, rows, false);
  const square = sumOfSquares(count, gradient);
  if (isFinite(square) && isFinite(scalar(plan, LOSS_SUM))) {
    beginUpdate(plan);
    updateBlock(plan, 0, count, gradient);
  }
  return square;
}

// |sum of g_i|^2 <= rows * sum of |g_i|^2: known before any weight is touched.
function isSafe(plan: usize, rows: i32): bool {
  const squares = address(plan, EXAMPLE_SQUARES);
  let sum: f64 = 0;
  for (let i = 0; i < rows; ++i) sum += load<f64>(squares + ((<usize>i) << 3));
  return <f64>rows * sum < SAFE_SQUARE && isFinite(scalar(plan, LOSS_SUM));
}

// The bias stands behind the weights and is updated with the last block of them.
function updateLayer(plan: usize, layer: i32, rows: i32): f64 {
  const row = layerRow(plan, layer);
  const ins = word(row, TABLE_INPUTS);
  const outs = word(row, TABLE_OUTPUTS);
  const h = layerInput(plan, layer);
  const delta = layerDelta(plan, layer);
  const work = address(plan, WORK);
  const block = work + EDGE_BYTES;
  const most = max(4, (BLOCK_VALUES / outs) & ~3);
  let first = word(row, TABLE_WEIGHTS);
  let square: f64 = 0;
  for (let i = 0; i < ins; i += most) {
    const taken = min(most, ins - i);
    let count = taken * outs;
    const from = h + ((<usize>i) << 2);
    gemmTN(taken, outs, rows, from, ins, delta, outs, block, outs, false, work);
    if (i + taken === ins) {
      columnSums(rows, outs, delta, outs, block + ((<usize>count) << 2), false);
      count += outs;
    }
    square += sumOfSquares(count, block);
    updateBlock(plan, first, count, block);
    first += count;
  }
  return square;
}
