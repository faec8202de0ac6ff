import { describe, expect, it } from "vitest";
import { thinPlateSpline } from "../../../api/numerics/fitting/thin-plate-spline.ts";

describe("the thin-plate spline", () => {
  it("reproduces a plane exactly, whatever the smoothing", () => {
    const xs = [0, 1, 0, 1, 0.3];
    const ys = [0, 0, 1, 1, 0.8];
    const plane = (x: number, y: number) => 2 - 3 * x + 0.5 * y;
    const spline = thinPlateSpline(
      xs,
      ys,
      xs.map((x, i) => plane(x, ys[i]!)),
      0.01,
    );
    expect(spline(4, -7)).toBeCloseTo(plane(4, -7), 9);
  });

  it("passes through its points without smoothing", () => {
    const xs = [0, 1, 0, 1, 0.3];
    const ys = [0, 0, 1, 1, 0.8];
    const zs = [1, 4, 2, 0, -3];
    const spline = thinPlateSpline(xs, ys, zs, 0);
    for (let i = 0; i < xs.length; i++) expect(spline(xs[i]!, ys[i]!)).toBeCloseTo(zs[i]!, 9);
  });

  it("refuses points on one line", () => {
    expect(() => thinPlateSpline([0, 1, 2], [0, 1, 2], [0, 1, 2], 0)).toThrow(RangeError);
  });
});
