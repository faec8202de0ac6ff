/** Brings row-major `[n, n]` and its right side to upper triangular form, with partial pivoting. */
function eliminate(matrix: Float64Array, right: Float64Array): void {
  const n = right.length;
  for (let pivot = 0; pivot < n; pivot++) {
    let best = pivot;
    for (let row = pivot + 1; row < n; row++) {
      if (Math.abs(matrix[row * n + pivot]!) > Math.abs(matrix[best * n + pivot]!)) best = row;
    }
    swapRows(matrix, right, pivot, best);
    const diagonal = matrix[pivot * n + pivot]!;
    if (diagonal === 0) throw new RangeError("the points of a spline must not lie on one line");
    for (let row = pivot + 1; row < n; row++) {
      const factor = matrix[row * n + pivot]! / diagonal;
      for (let column = pivot; column < n; column++) {
        matrix[row * n + column]! -= factor * matrix[pivot * n + column]!;
      }
      right[row]! -= factor * right[pivot]!;
    }
  }
}

/** Solves the triangular system; the solution replaces `right`. */
function substituteBack(matrix: Float64Array, right: Float64Array): void {
  const n = right.length;
  for (let row = n - 1; row >= 0; row--) {
    let sum = right[row]!;
    for (let column = row + 1; column < n; column++)
      sum -= matrix[row * n + column]! * right[column]!;
    right[row] = sum / matrix[row * n + row]!;
  }
}

function swapRows(matrix: Float64Array, right: Float64Array, a: number, b: number): void {
  if (a === b) return;
  const n = right.length;
  const row = matrix.slice(a * n, (a + 1) * n);
  matrix.copyWithin(a * n, b * n, (b + 1) * n);
  matrix.set(row, b * n);
  const value = right[a]!;
  right[a] = right[b]!;
  right[b] = value;
}

/** `r^2 ln r` from the squared distance. */
function kernel(squaredDistance: number): number {
  return squaredDistance === 0 ? 0 : 0.5 * squaredDistance * Math.log(squaredDistance);
}

/**
 * Returns the smoothing thin-plate spline through scattered points.
 *
 *   f(p) = sum_i w_i |p - p_i|^2 ln |p - p_i| + c0 + c1 x + c2 y
 *   (K + smoothing I) w + P c = z,   P' w = 0
 *
 * The coordinates are not scaled: the caller chooses their units.
 *
 * @param xs - first coordinates, length n >= 3, not all on one line with `ys`.
 * @param ys - second coordinates, length n.
 * @param zs - values, length n.
 * @param smoothing - added to the kernel's diagonal, >= 0; 0 interpolates.
 * @returns the spline as a function of both coordinates.
 * @throws {RangeError} when the points do not determine the linear tail.
 * @source Wahba, Spline Models for Observational Data (1990), section 2.4, equations 2.4.23-2.4.24.
 * @complexity O(n^3) time to fit, O(n) a point.
 */
export function thinPlateSpline(
  xs: readonly number[],
  ys: readonly number[],
  zs: readonly number[],
  smoothing: number,
): (x: number, y: number) => number {
  const count = xs.length;
  const n = count + 3;
  const matrix = new Float64Array(n * n);
  const weights = new Float64Array(n);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      matrix[i * n + j] = kernel((xs[i]! - xs[j]!) ** 2 + (ys[i]! - ys[j]!) ** 2);
    }
    matrix[i * n + i] = smoothing;
    const tail = [1, xs[i]!, ys[i]!];
    for (let k = 0; k < 3; k++) {
      matrix[i * n + count + k] = tail[k]!;
      matrix[(count + k) * n + i] = tail[k]!;
    }
    weights[i] = zs[i]!;
  }
  eliminate(matrix, weights);
  substituteBack(matrix, weights);
  const [constant, slopeX, slopeY] = [weights[count]!, weights[count + 1]!, weights[count + 2]!];
  return (x, y) => {
    let sum = constant + slopeX * x + slopeY * y;
    for (let i = 0; i < count; i++) {
      sum += weights[i]! * kernel((x - xs[i]!) ** 2 + (y - ys[i]!) ** 2);
    }
    return sum;
  };
}
