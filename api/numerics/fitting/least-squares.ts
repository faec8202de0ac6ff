import { requirePositive } from "../guards.ts";

/** A sum of squares to minimise. Rows are residuals already divided by their standard deviations. */
export interface LeastSquaresProblem {
  readonly parameterCount: number;
  readonly rowCount: number;
  /** Per row: beyond this size a residual counts linearly (Huber); `Infinity` keeps it quadratic. */
  readonly huberThresholds: Float64Array;
  /** Writes the residuals `[rowCount]` and their derivatives `[rowCount, parameterCount]`, row-major. */
  readonly evaluate: (
    parameters: Float64Array,
    residuals: Float64Array,
    jacobian: Float64Array,
  ) => void;
}

/** Where the search ended. */
export interface LeastSquaresFit {
  readonly status: "converged" | "iteration-limit" | "non-finite";
  readonly parameters: Float64Array;
  /** Half the sum of squares, Huber rows counted as Huber. */
  readonly cost: number;
  readonly iterations: number;
  /** J'J at the solution, row-major `[parameterCount, parameterCount]`. */
  readonly normalMatrix: Float64Array;
}

/** When to stop. */
export interface LeastSquaresOptions {
  readonly maxIterations?: number;
  /** Stop when a step lowers the cost by less than this fraction. */
  readonly costTolerance?: number;
}

interface Linearization {
  readonly parameters: Float64Array;
  readonly residuals: Float64Array;
  readonly jacobian: Float64Array;
  cost: number;
}

/**
 * Factors a symmetric positive definite matrix in place, A = L L'.
 *
 * @param matrix - row-major `[n, n]`; its lower triangle becomes L.
 * @returns false when the matrix is not positive definite to working precision; it is then half overwritten.
 * @complexity O(n^3) time, no memory.
 */
export function choleskyInPlace(matrix: Float64Array, n: number): boolean {
  for (let column = 0; column < n; column++) {
    for (let row = column; row < n; row++) {
      let sum = matrix[row * n + column]!;
      for (let k = 0; k < column; k++) sum -= matrix[row * n + k]! * matrix[column * n + k]!;
      if (row > column) matrix[row * n + column] = sum / matrix[column * n + column]!;
      else if (sum > 0) matrix[row * n + column] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves L L' x = b with the factor of {@link choleskyInPlace}; `b` becomes x. */
export function solveCholesky(factor: Float64Array, b: Float64Array): void {
  const n = b.length;
  for (let row = 0; row < n; row++) {
    let sum = b[row]!;
    for (let k = 0; k < row; k++) sum -= factor[row * n + k]! * b[k]!;
    b[row] = sum / factor[row * n + row]!;
  }
  for (let row = n - 1; row >= 0; row--) {
    let sum = b[row]!;
    for (let k = row + 1; k < n; k++) sum -= factor[k * n + row]! * b[k]!;
    b[row] = sum / factor[row * n + row]!;
  }
}

/** Evaluates, replaces each Huber residual by the one whose square is twice its Huber loss, and sums. */
function linearize(problem: LeastSquaresProblem, at: Linearization): void {
  const { parameterCount, rowCount, huberThresholds } = problem;
  const { residuals, jacobian } = at;
  problem.evaluate(at.parameters, residuals, jacobian);
  let sum = 0;
  for (let row = 0; row < rowCount; row++) {
    const size = Math.abs(residuals[row]!);
    const threshold = huberThresholds[row]!;
    if (size > threshold) {
      const bent = Math.sqrt(2 * threshold * size - threshold * threshold);
      const slope = threshold / bent;
      residuals[row] = Math.sign(residuals[row]!) * bent;
      for (let j = 0; j < parameterCount; j++) jacobian[row * parameterCount + j]! *= slope;
    }
    sum += residuals[row]! * residuals[row]!;
  }
  at.cost = sum / 2;
}

function normalEquations(
  at: Linearization,
  n: number,
  matrix: Float64Array,
  gradient: Float64Array,
): void {
  matrix.fill(0);
  gradient.fill(0);
  const rows = at.residuals.length;
  for (let row = 0; row < rows; row++) {
    const offset = row * n;
    const residual = at.residuals[row]!;
    for (let i = 0; i < n; i++) {
      const derivative = at.jacobian[offset + i]!;
      gradient[i]! += derivative * residual;
      for (let j = 0; j <= i; j++) matrix[i * n + j]! += derivative * at.jacobian[offset + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) matrix[j * n + i] = matrix[i * n + j]!;
  }
}

function newLinearization(problem: LeastSquaresProblem): Linearization {
  const { parameterCount, rowCount } = problem;
  return {
    parameters: new Float64Array(parameterCount),
    residuals: new Float64Array(rowCount),
    jacobian: new Float64Array(rowCount * parameterCount),
    cost: Number.POSITIVE_INFINITY,
  };
}

/** One damped step from `from`, written to `to.parameters`; returns the decrease its linear model foresees. */
function dampedStep(
  normal: Float64Array,
  gradient: Float64Array,
  damping: number,
  from: Linearization,
  to: Linearization,
): number {
  const n = gradient.length;
  const damped = normal.slice();
  for (let i = 0; i < n; i++) damped[i * n + i]! += damping * Math.max(normal[i * n + i]!, 1e-12);
  const step = gradient.map((value) => -value);
  if (!choleskyInPlace(damped, n)) return Number.NaN;
  solveCholesky(damped, step);
  let foreseen = 0;
  for (let i = 0; i < n; i++) {
    to.parameters[i] = from.parameters[i]! + step[i]!;
    foreseen += 0.5 * step[i]! * (damping * normal[i * n + i]! * step[i]! - gradient[i]!);
  }
  return foreseen;
}

interface Search {
  current: Linearization;
  trial: Linearization;
  readonly normal: Float64Array;
  readonly gradient: Float64Array;
  damping: number;
  growth: number;
}

function newSearch(problem: LeastSquaresProblem, start: Float64Array): Search {
  const n = problem.parameterCount;
  const current = newLinearization(problem);
  current.parameters.set(start);
  linearize(problem, current);
  const normal = new Float64Array(n * n);
  const gradient = new Float64Array(n);
  normalEquations(current, n, normal, gradient);
  const trial = newLinearization(problem);
  return { current, trial, normal, gradient, damping: 1e-3, growth: 2 };
}

/** Tries one step and keeps it when the cost falls; returns whether the search is over. */
function advance(problem: LeastSquaresProblem, search: Search, costTolerance: number): boolean {
  const { current, trial, normal, gradient } = search;
  const foreseen = dampedStep(normal, gradient, search.damping, current, trial);
  if (foreseen <= costTolerance * current.cost) return true;
  if (Number.isFinite(foreseen)) linearize(problem, trial);
  const gain = (current.cost - trial.cost) / foreseen;
  if (gain > 0) {
    search.current = trial;
    search.trial = current;
    normalEquations(trial, problem.parameterCount, normal, gradient);
    search.damping *= Math.max(1 / 3, 1 - (2 * gain - 1) ** 3);
    search.growth = 2;
    return false;
  }
  search.damping *= search.growth;
  search.growth *= 2;
  return search.damping > 1e15;
}

/**
 * Returns the parameters that minimise a robust sum of squares, by the Levenberg-Marquardt method.
 *
 *   min_x sum_i rho_i(r_i(x)),   rho(r) = r^2/2 for |r| <= t,  t |r| - t^2/2 beyond
 *
 * Derivatives are the caller's own. A local minimum is all it promises: the caller chooses the start.
 *
 * @param start - first guess, length `parameterCount`.
 * @returns `status` "converged" when a step changed the cost by less than the tolerance, "iteration-limit"
 *   when it ran out of steps, "non-finite" when the start itself has no finite cost.
 * @throws {RangeError} when the lengths do not match or an option is not positive.
 * @source Madsen, Nielsen, Tingleff, Methods for Non-Linear Least Squares Problems (2004), algorithm 3.16 with
 *   Marquardt's scaling of the damping; Huber rows by the square-root substitution.
 * @complexity O(iterations x rows x parameters^2) time, O(rows x parameters) memory.
 */
export function robustLeastSquares(
  problem: LeastSquaresProblem,
  start: Float64Array,
  options: LeastSquaresOptions = {},
): LeastSquaresFit {
  const { parameterCount: n, rowCount, huberThresholds } = problem;
  const maxIterations = requirePositive("maxIterations", options.maxIterations ?? 200);
  const costTolerance = requirePositive("costTolerance", options.costTolerance ?? 1e-10);
  if (start.length !== n || huberThresholds.length !== rowCount) {
    throw new RangeError(
      `"start" and "huberThresholds" must have lengths ${n} and ${rowCount}, received ${start.length} and ${huberThresholds.length}`,
    );
  }
  const search = newSearch(problem, start);
  let status: LeastSquaresFit["status"] = "iteration-limit";
  if (!Number.isFinite(search.current.cost)) status = "non-finite";
  let iterations = 0;
  while (status === "iteration-limit" && iterations < maxIterations) {
    iterations += 1;
    if (advance(problem, search, costTolerance)) status = "converged";
  }
  return {
    status,
    parameters: search.current.parameters.slice(),
    cost: search.current.cost,
    iterations,
    normalMatrix: search.normal,
  };
}
