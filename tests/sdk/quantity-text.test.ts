import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { percent, readQuantity, showCount, threeDigits } from "../../sdk/cli/quantity-text.ts";

describe("numbers as people write them", () => {
  it.each([
    ["1.3B", 1_300_000_000],
    ["4.1B", 4_100_000_000],
    ["20e9", 20_000_000_000],
    ["2T", 2e12],
    ["512k", 512_000],
    ["512K", 512_000],
    ["512Ki", 524_288],
    ["4Mi", 4_194_304],
    ["1Gi", 1_073_741_824],
    ["7g", 7e9],
    ["1,000,000", 1e6],
    ["1_000_000", 1e6],
    ["2048", 2048],
    ["0.0003", 3e-4],
    [".5", 0.5],
    ["1e-3", 1e-3],
    ["3E-4", 3e-4],
    [" 12 ", 12],
    ["-3", -3],
  ])("%s is %d", (text, value) => {
    expect(readQuantity(text)).toBe(value);
  });

  it.each(["", "B", "1.3BB", "20e9B", "0x10", "1.2.3", "NaN", "Infinity", "1 000", "e9", "--1"])(
    "%j is no number",
    (text) => {
      expect(readQuantity(text)).toBeUndefined();
    },
  );

  it("every number that JSON can write is read back as itself", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(readQuantity(String(value))).toBe(Number(String(value)));
      }),
      { seed: 20261124 },
    );
  });
});

describe("numbers for a person", () => {
  it.each([
    [0, "0"],
    [3.25, "3.25"],
    [99, "99"],
    [450_560, "450,560"],
    [999_499, "999,499"],
    [999_600, "1M"],
    [4_203_540, "4.2M"],
    [1_047_490_000, "1.05B"],
    [1.26e12, "1.26T"],
    [9.996e11, "1T"],
    [2e15, "2P"],
    [3e22, "3.00e+22"],
  ])("count %d is shown as %s", (count, text) => {
    expect(showCount(count)).toBe(text);
  });

  it.each([
    [0, "0"],
    [0.00098815, "9.88e-4"],
    [0.02, "0.02"],
    [2.52351, "2.52"],
    [8192.4, "8190"],
    [512_000, "512000"],
    [3.6e-10, "3.6e-10"],
    [2e7, "2e+7"],
  ])("%d keeps three digits: %s", (value, text) => {
    expect(threeDigits(value)).toBe(text);
  });

  it("a share above nothing is never shown as nothing", () => {
    expect([0, 0.004, 0.01, 0.981, 1].map(percent)).toEqual([
      "0 %",
      "<1 %",
      "1 %",
      "98 %",
      "100 %",
    ]);
  });
});
