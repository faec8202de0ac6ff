import type { TransformerModel } from "../../../api/probe/training-session.ts";
import { activate, type LossAndGradient, softmaxLoss } from "./reference-mlp.ts";

type Matrix = { readonly at: number; readonly rows: number; readonly columns: number };
type Rows = Float64Array[];

function rowsOf(count: number, width: number): Rows {
  return Array.from({ length: count }, () => new Float64Array(width));
}

function times(x: Rows, w: Float64Array, m: Matrix): Rows {
  return x.map((row) => {
    const y = new Float64Array(m.columns);
    for (let i = 0; i < m.rows; i += 1) {
      for (let j = 0; j < m.columns; j += 1) y[j]! += row[i]! * w[m.at + i * m.columns + j]!;
    }
    return y;
  });
}

function timesBack(x: Rows, dy: Rows, w: Float64Array, g: Float64Array, m: Matrix): Rows {
  return x.map((row, t) => {
    const dx = new Float64Array(m.rows);
    for (let i = 0; i < m.rows; i += 1) {
      for (let j = 0; j < m.columns; j += 1) {
        const at = m.at + i * m.columns + j;
        g[at]! += row[i]! * dy[t]![j]!;
        dx[i]! += w[at]! * dy[t]![j]!;
      }
    }
    return dx;
  });
}

function rootMeanSquare(row: Float64Array): number {
  let sum = 0;
  for (const value of row) sum += value * value;
  return Math.sqrt(sum / row.length + 1e-5);
}

function normalise(x: Rows, w: Float64Array, at: number): Rows {
  return x.map((row) => {
    const size = rootMeanSquare(row);
    return row.map((value, j) => (w[at + j]! * value) / size);
  });
}

function normaliseBack(x: Rows, dy: Rows, w: Float64Array, g: Float64Array, at: number): Rows {
  return x.map((row, t) => {
    const size = rootMeanSquare(row);
    let mean = 0;
    row.forEach((value, j) => {
      g[at + j]! += (dy[t]![j]! * value) / size;
      mean += (dy[t]![j]! * w[at + j]! * value) / size / row.length;
    });
    return row.map((value, j) => (dy[t]![j]! * w[at + j]! - (mean * value) / size) / size);
  });
}

function attentionWeights(qkv: Rows, d: number, size: number, h: number): Rows {
  return qkv.map((row, t) => {
    const scores = new Float64Array(t + 1);
    for (let s = 0; s <= t; s += 1) {
      for (let i = 0; i < size; i += 1) {
        scores[s]! += row[h * size + i]! * qkv[s]![d + h * size + i]!;
      }
      scores[s]! /= Math.sqrt(size);
    }
    const top = Math.max(...scores);
    const e = scores.map((z) => Math.exp(z - top));
    const sum = e.reduce((a, b) => a + b, 0);
    return e.map((value) => value / sum);
  });
}

function attend(qkv: Rows, d: number, heads: number): Rows {
  const size = d / heads;
  const out = rowsOf(qkv.length, d);
  for (let h = 0; h < heads; h += 1) {
    attentionWeights(qkv, d, size, h).forEach((p, t) => {
      p.forEach((weight, s) => {
        for (let i = 0; i < size; i += 1) {
          out[t]![h * size + i]! += weight * qkv[s]![2 * d + h * size + i]!;
        }
      });
    });
  }
  return out;
}

function attendBack(qkv: Rows, dout: Rows, d: number, heads: number): Rows {
  const size = d / heads;
  const back = rowsOf(qkv.length, 3 * d);
  for (let h = 0; h < heads; h += 1) {
    const q = h * size;
    const k = d + q;
    const v = 2 * d + q;
    attentionWeights(qkv, d, size, h).forEach((p, t) => {
      const dp = p.map((weight, s) => {
        let sum = 0;
        for (let i = 0; i < size; i += 1) {
          sum += dout[t]![q + i]! * qkv[s]![v + i]!;
          back[s]![v + i]! += weight * dout[t]![q + i]!;
        }
        return sum;
      });
      const mean = dp.reduce((sum, value, s) => sum + value * p[s]!, 0);
      p.forEach((weight, s) => {
        const ds = (weight * (dp[s]! - mean)) / Math.sqrt(size);
        for (let i = 0; i < size; i += 1) {
          back[t]![q + i]! += ds * qkv[s]![k + i]!;
          back[s]![k + i]! += ds * qkv[t]![q + i]!;
        }
      });
    });
  }
  return back;
}

function sum(a: Rows, b: Rows): Rows {
  return a.map((row, t) => row.map((value, j) => value + b[t]![j]!));
}

/** Mean loss over the positions of one sequence and its gradient, plain loops in float64. */
export function transformerExample(
  model: TransformerModel,
  vocabulary: number,
  w: Float64Array,
  tokens: ArrayLike<number>,
): LossAndGradient {
  const { dModel: d, contextTokens: t, layers, heads } = model;
  const positions = vocabulary * d;
  const layerAt = (l: number): number => positions + t * d + l * (12 * d * d + 2 * d);
  const matrix = (at: number, rows: number, columns: number): Matrix => ({ at, rows, columns });
  const g = new Float64Array(w.length);
  let x: Rows = rowsOf(t, d).map((row, s) =>
    row.map((_, j) => w[tokens[s]! * d + j]! + w[positions + s * d + j]!),
  );
  const kept = [];
  for (let l = 0; l < layers; l += 1) {
    const at = layerAt(l);
    const qkvMatrix = matrix(at + d, d, 3 * d);
    const outMatrix = matrix(at + d + 3 * d * d, d, d);
    const gain2 = at + d + 4 * d * d;
    const up = matrix(gain2 + d, d, 4 * d);
    const down = matrix(gain2 + d + 4 * d * d, 4 * d, d);
    const n1 = normalise(x, w, at);
    const qkv = times(n1, w, qkvMatrix);
    const attended = attend(qkv, d, heads);
    const middle = sum(x, times(attended, w, outMatrix));
    const n2 = normalise(middle, w, gain2);
    const u = times(n2, w, up);
    const a = u.map((row) => row.map((value) => activate("gelu", value)[0]));
    const next = sum(middle, times(a, w, down));
    kept.push({
      at,
      qkvMatrix,
      outMatrix,
      gain2,
      up,
      down,
      x,
      n1,
      qkv,
      attended,
      middle,
      n2,
      u,
      a,
    });
    x = next;
  }
  const gain = layerAt(layers);
  const head = model.tiedHead ? 0 : gain + d;
  const output = normalise(x, w, gain);
  let loss = 0;
  const doutput = rowsOf(t, d);
  output.forEach((row, s) => {
    const logits = new Float64Array(vocabulary);
    for (let c = 0; c < vocabulary; c += 1) {
      for (let j = 0; j < d; j += 1) logits[c]! += row[j]! * w[head + c * d + j]!;
    }
    const end = softmaxLoss(logits, tokens[s + 1]!);
    loss += end.loss / t;
    end.gradient.forEach((value, c) => {
      for (let j = 0; j < d; j += 1) {
        g[head + c * d + j]! += (value * row[j]!) / t;
        doutput[s]![j]! += (value * w[head + c * d + j]!) / t;
      }
    });
  });
  let dx = normaliseBack(x, doutput, w, g, gain);
  for (let l = layers - 1; l >= 0; l -= 1) {
    const k = kept[l]!;
    const da = timesBack(k.a, dx, w, g, k.down);
    const du = da.map((row, s) => row.map((value, j) => value * activate("gelu", k.u[s]![j]!)[1]));
    dx = sum(dx, normaliseBack(k.middle, timesBack(k.n2, du, w, g, k.up), w, g, k.gain2));
    const dattended = timesBack(k.attended, dx, w, g, k.outMatrix);
    const dqkv = attendBack(k.qkv, dattended, d, heads);
    dx = sum(dx, normaliseBack(k.x, timesBack(k.n1, dqkv, w, g, k.qkvMatrix), w, g, k.at));
  }
  dx.forEach((row, s) => {
    row.forEach((value, j) => {
      g[tokens[s]! * d + j]! += value;
      g[positions + s * d + j]! += value;
    });
  });
  return { loss, gradient: g };
}
