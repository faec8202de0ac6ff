import { describe, expect, it } from "vitest";
import { drawLogPlot } from "../../sdk/cli/plot.ts";

const AXES = { xLabel: "x", yLabel: "y" };

describe("a plot in the terminal", () => {
  it("puts equal ratios at equal distances, the largest at the top right", () => {
    const points = [1, 10, 100, 1000].map((x) => [x, 1 / x] as const);
    const plot = drawLogPlot({ ...AXES, series: [{ mark: "o", points }] }) ?? "";
    const lines = plot.split("\n");
    const places = lines.flatMap((line, row) => {
      const column = line.indexOf("o");
      return column < 0 ? [] : [[row, column] as const];
    });
    expect(places).toHaveLength(4);
    const steps = places
      .slice(1)
      .map(([row, column], i) => [row - (places[i]?.[0] ?? 0), column - (places[i]?.[1] ?? 0)]);
    for (const [down = 0, right = 0] of steps) {
      expect(down).toBeGreaterThanOrEqual(4);
      expect(down).toBeLessThanOrEqual(5);
      expect(right).toBeGreaterThanOrEqual(19);
      expect(right).toBeLessThanOrEqual(20);
    }
  });

  it("draws a line through every column, a span on the axis, and points over both", () => {
    const plot =
      drawLogPlot({
        ...AXES,
        series: [
          {
            mark: "o",
            points: [
              [1, 1],
              [100, 100],
            ],
          },
        ],
        line: (x) => x,
        span: { value: 10, lower: 5, upper: 20 },
      }) ?? "";
    expect(plot.match(/\./g)?.length).toBeGreaterThan(55);
    expect(plot.match(/:/g)?.length).toBeGreaterThanOrEqual(14);
    expect(plot).toMatch(/\+-*\+?-*={17,19}-*\+?-*\n/);
    expect(plot.match(/o/g)).toHaveLength(2);
  });

  it("labels the axes of a narrow range, of one point and of many decades", () => {
    const of = (points: readonly (readonly [number, number])[]) =>
      drawLogPlot({ ...AXES, series: [{ mark: "o", points }] }) ?? "";
    expect(
      of([
        [1, 1],
        [1.6, 1.1],
      ]),
    ).toMatch(/ 1\.5\b/);
    expect(of([[3, 5]])).toMatch(/ 5 \+/);
    const wide = of([
      [1e-12, 1e-30],
      [1e12, 1e30],
    ]);
    for (const line of wide.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(wide.match(/ \+(?: |$)/gm)?.length).toBeGreaterThanOrEqual(3);
  });

  it("is none where nothing is positive and finite", () => {
    const points = [
      [0, 1],
      [1, -1],
      [1, Number.NaN],
      [Number.POSITIVE_INFINITY, 1],
    ] as const;
    expect(drawLogPlot({ ...AXES, series: [{ mark: "o", points }] })).toBeUndefined();
    expect(drawLogPlot({ ...AXES, series: [] })).toBeUndefined();
  });
});
