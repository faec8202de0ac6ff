import { describe, expect, it } from "vitest";
import { findLaw, lawCatalogue } from "../../../api/numerics/laws/catalogue.ts";
import type { Law, LawOutput, LawQuantity, RefusalBox } from "../../../api/numerics/laws/law.ts";
import { bCritFromCbs20 } from "../../../api/numerics/laws/zhang2024-cbs.ts";
import agreement from "../../vectors/law-agreement.json";
import rounded from "../../vectors/porian2024.json";
import exactFit from "../../vectors/porian2024-exact-fit.json";
import steps from "../../vectors/zhang2024-steps-to-target.json";

function output(lawId: string, quantity: LawQuantity): LawOutput {
  const found = findLaw(lawId)?.outputs.find((candidate) => candidate.quantity === quantity);
  if (found === undefined) throw new Error(`${lawId} has no ${quantity}`);
  return found;
}

function boxText(box: RefusalBox | undefined): string {
  return Object.entries(box ?? {})
    .map(([variable, range]) => `${variable} ${range.lower ?? "-"}..${range.upper ?? "-"}`)
    .join(", ");
}

function hasBounds(box: RefusalBox | undefined): boolean {
  return Object.keys(box ?? {}).length > 0;
}

function describeOutput(law: Law, entry: LawOutput): string[] {
  expect(entry.sdLog, law.id).toBeGreaterThan(0);
  expect(entry.sdLogSource.length, law.id).toBeGreaterThan(20);
  expect(["V1", "V2", "D", "O", "U"]).toContain(entry.status);
  const lines = [`  ${entry.quantity} ${entry.status} sdLog ${entry.sdLog} (${entry.sdLogSource})`];
  if (hasBounds(entry.refusalBox)) lines.push(`    refuses outside ${boxText(entry.refusalBox)}`);
  for (const { variable, exponent, sd, sdSource } of entry.exponents) {
    expect(sd, law.id).toBeGreaterThan(0);
    expect(sdSource.length, law.id).toBeGreaterThan(20);
    expect(entry.requires, law.id).toContain(variable);
    lines.push(`    d ln/d ln ${variable} ${exponent} sd ${sd} (${sdSource})`);
  }
  return lines;
}

const rootMeanSquare = (xs: readonly number[]): number =>
  Math.sqrt(xs.reduce((sum, x) => sum + x * x, 0) / xs.length);

describe("the table of laws", () => {
  it("names a source for every sd, exponent sd and constant", () => {
    const lines: string[] = [];
    for (const law of lawCatalogue) {
      expect(law.source.location.length, law.id).toBeGreaterThan(10);
      lines.push(`${law.id} [${law.cluster}] fit: ${boxText(law.fittedBox)}`);
      if (hasBounds(law.refusalBox)) lines.push(`  refuses outside ${boxText(law.refusalBox)}`);
      for (const entry of law.outputs) lines.push(...describeOutput(law, entry));
    }
    process.stdout.write(`${lines.join("\n")}\n`);
  });

  it("says where a law has a fitted range, unless it was derived and not fitted", () => {
    const unfitted = lawCatalogue.filter((law) => !hasBounds(law.fittedBox));
    expect(unfitted.map((law) => law.id)).toEqual(["surge2024"]);
  });
});

describe("zhang2024-cbs", () => {
  const batchOfReference = 256;
  const cbs20 = output("zhang2024-cbs", "cbs20Tokens");
  const sweeps = steps.rows.map(({ inputs, expected }) => {
    const stepsAtReference = inputs.steps[inputs.batches.indexOf(batchOfReference)]!;
    const trainingTokens = stepsAtReference * batchOfReference * inputs.sequenceLengthTokens;
    const law = cbs20.predict({ trainingTokens } as Parameters<LawOutput["predict"]>[0]) / 512;
    return {
      cbs20Log: Math.log(expected.cbs20Sequences / law),
      bCritLog: Math.log(expected.bCritSequences / bCritFromCbs20(law, batchOfReference)),
      bCritSe: expected.bCritLogSe,
      cbs20Se: (expected.bCritLogSe * 0.2 * expected.bCritSequences) / expected.cbs20Sequences,
    };
  });

  it("has the sd of its five sweeps: scatter about the D-law and jackknife error", () => {
    const cbs20Sd = Math.hypot(
      rootMeanSquare(sweeps.map((sweep) => sweep.cbs20Log)),
      rootMeanSquare(sweeps.map((sweep) => sweep.cbs20Se)),
    );
    const bCritSd = Math.hypot(
      rootMeanSquare(sweeps.map((sweep) => sweep.bCritLog)),
      rootMeanSquare(sweeps.map((sweep) => sweep.bCritSe)),
    );
    expect(cbs20.sdLog).toBeCloseTo(cbs20Sd, 3);
    expect(output("zhang2024-cbs", "bCritTokens").sdLog).toBeCloseTo(bCritSd, 3);
  });
});

describe("porian2024", () => {
  it("has as exponent sd the difference between its rounded and its exact fit", () => {
    const logSlope = (file: typeof exactFit, field: "bOptTokens" | "peakLearningRate"): number => {
      const [first, , , last] = file.rows;
      const rise = Math.log(last!.expected[field] / first!.expected[field]);
      return rise / Math.log(last!.inputs.totalParams / first!.inputs.totalParams);
    };
    for (const field of ["bOptTokens", "peakLearningRate"] as const) {
      const difference = Math.abs(logSlope(exactFit, field) - logSlope(rounded, field));
      expect(output("porian2024", field).exponents[0]?.sd).toBeCloseTo(difference, 3);
    }
  });

  it("has an exact fit within 20 % of the rounded one up to 7e9 parameters", () => {
    for (let row = 0; row < exactFit.rows.length; row++) {
      const exact = exactFit.rows[row]!.expected;
      expect(
        Math.abs(Math.log(exact.bOptTokens / rounded.rows[row]!.expected.bOptTokens)),
      ).toBeLessThan(0.2);
    }
  });
});

describe("defaults where nothing is published", () => {
  it("are half the variance between the laws at 1e9 parameters and 2e10 tokens", () => {
    const scenario = agreement.rows.find((row) => row.inputs.scenario === "1B / 20B")!.expected;
    // Mean range of 6 and of 5 standard normal draws, from any table of control-chart constants (d2).
    const batchSd = Math.log(scenario.bOptSpread) / 2.534;
    const learningRateSd = Math.log(scenario.learningRateSpread) / 2.326;
    expect(output("shuai2024", "bOptTokens").sdLog).toBeCloseTo(batchSd / Math.SQRT2, 2);
    expect(output("bjorck2024-horizon", "peakLearningRate").sdLog).toBeCloseTo(
      learningRateSd / Math.SQRT2,
      1,
    );
  });
});
