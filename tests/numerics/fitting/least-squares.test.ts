import { describe, expect, it } from "vitest";
import {
  choleskyInPlace,
  type LeastSquaresProblem,
  robustLeastSquares,
  solveCholesky,
} from "../../../api/numerics/fitting/least-squares.ts";
import misra from "../../vectors/least-squares.json" with { type: "json" };

function line(ys: readonly number[], threshold: number): LeastSquaresProblem {
  return {
    parameterCount: 2,
    rowCount: ys.length,
    huberThresholds: new Float64Array(ys.length).fill(threshold),
    evaluate: (parameters, residuals, jacobian) => {
      for (let i = 0; i < ys.length; i++) {
        residuals[i] = parameters[0]! + parameters[1]! * i - ys[i]!;
        jacobian[2 * i] = 1;
        jacobian[2 * i + 1] = i;
      }
    },
  };
}

const misraProblem: LeastSquaresProblem = {
  parameterCount: 2,
  rowCount: misra.rows.length,
  huberThresholds: new Float64Array(misra.rows.length).fill(Infinity),
  evaluate: (parameters, residuals, jacobian) => {
    const [b1, b2] = [parameters[0]!, parameters[1]!];
    for (const [i, { x, y }] of misra.rows.entries()) {
      const decay = Math.exp(-b2 * x);
      residuals[i] = b1 * (1 - decay) - y;
      jacobian[2 * i] = 1 - decay;
      jacobian[2 * i + 1] = b1 * x * decay;
    }
  },
};

describe("robust least squares", () => {
  it("reaches the certified values of NIST Misra1a from the far start", () => {
    const fit = robustLeastSquares(misraProblem, Float64Array.from(misra.start), {
      costTolerance: 1e-15,
    });
    expect(fit.status).toBe("converged");
    for (const [i, certified] of misra.certified.parameters.entries()) {
      expect(fit.parameters[i]! / certified).toBeCloseTo(1, 8);
    }
    expect((2 * fit.cost) / misra.certified.residualSumOfSquares).toBeCloseTo(1, 8);
  });

  it("walks Rosenbrock's curved valley to its end", () => {
    const valley: LeastSquaresProblem = {
      parameterCount: 2,
      rowCount: 2,
      huberThresholds: Float64Array.of(Infinity, Infinity),
      evaluate: ([x = 0, y = 0], residuals, jacobian) => {
        residuals.set([10 * (y - x * x), 1 - x]);
        jacobian.set([-20 * x, 10, -1, 0]);
      },
    };
    const fit = robustLeastSquares(valley, Float64Array.of(-1.2, 1), { costTolerance: 1e-20 });
    expect(fit.parameters[0]).toBeCloseTo(1, 8);
    expect(fit.parameters[1]).toBeCloseTo(1, 8);
  });

  it("keeps a line where one wild point would drag the plain fit away", () => {
    const ys = Array.from({ length: 20 }, (_, i) => 1 + 2 * i);
    ys[19] = 500;
    const robust = robustLeastSquares(line(ys, 0.1), new Float64Array(2));
    const plain = robustLeastSquares(line(ys, Infinity), new Float64Array(2));
    expect(Math.abs(robust.parameters[1]! - 2)).toBeLessThan(0.02);
    expect(Math.abs(plain.parameters[1]! - 2)).toBeGreaterThan(5);
  });

  it("counts a Huber row as t |r| - t^2 / 2", () => {
    const single: LeastSquaresProblem = {
      parameterCount: 1,
      rowCount: 2,
      huberThresholds: Float64Array.of(1, Infinity),
      evaluate: ([x = 0], residuals, jacobian) => {
        residuals.set([x - 10, x]);
        jacobian.set([1, 1]);
      },
    };
    const fit = robustLeastSquares(single, Float64Array.of(3), { costTolerance: 1e-16 });
    expect(fit.parameters[0]).toBeCloseTo(1, 6);
    expect(fit.cost).toBeCloseTo(9 - 0.5 + 0.5, 9);
  });

  it("says when it ran out of steps and when the start has no cost", () => {
    const short = robustLeastSquares(misraProblem, Float64Array.from(misra.start), {
      maxIterations: 1,
    });
    expect(short.status).toBe("iteration-limit");
    const broken = robustLeastSquares(misraProblem, Float64Array.of(Number.NaN, 1));
    expect(broken.status).toBe("non-finite");
  });

  it("refuses a start of the wrong length", () => {
    expect(() => robustLeastSquares(misraProblem, new Float64Array(3))).toThrow(RangeError);
  });
});

describe("the Cholesky factor", () => {
  it("solves a system with a known answer", () => {
    const matrix = Float64Array.of(4, 2, 2, 3);
    const right = Float64Array.of(10, 9);
    expect(choleskyInPlace(matrix, 2)).toBe(true);
    solveCholesky(matrix, right);
    expect(right[0]).toBeCloseTo(1.5, 12);
    expect(right[1]).toBeCloseTo(2, 12);
  });

  it("refuses a matrix that is not positive definite", () => {
    expect(choleskyInPlace(Float64Array.of(1, 2, 2, 1), 2)).toBe(false);
  });
});
