import { describe, expect, it } from "vitest";
import { binomialHitRange } from "../../tools/evidence/binomial.ts";
import { collectEvidence, type Evidence } from "../../tools/evidence/collect-evidence.ts";
import { coverageCounts } from "../../tools/evidence/coverage-counts.ts";
import { fixedDataPenalties } from "../../tools/evidence/fixed-data-penalties.ts";
import { CHOSEN_FORM, FORMS_TRIED } from "../../tools/evidence/forms-tried.ts";
import { noiseScaleRatios, ratioPrior } from "../../tools/evidence/noise-scale-ratios.ts";
import { evidencePage } from "../../tools/evidence/page/evidence-page.ts";
import { practicePath } from "../../tools/evidence/practice.ts";
import { stepsToTarget } from "../../tools/evidence/steps-to-target.ts";
import { sweepPath } from "../../tools/evidence/sweep.ts";

const paths = { sweep: sweepPath(), practice: practicePath() };
const ABSENT = "CRITBATCH_DATA is not set: the measured runs are absent";
const TIMEOUT_MS = 120_000;

let collected: Evidence | undefined;

/** Some ten seconds of work, shared by the tests that read it; undefined without the runs. */
function evidenceOnce(): Evidence | undefined {
  const { sweep, practice } = paths;
  if (sweep === undefined || practice === undefined) return undefined;
  collected ??= collectEvidence(sweep, practice);
  return collected;
}

describe("the evidence on measured runs", { timeout: TIMEOUT_MS }, () => {
  it("has critbatch-joint at 0.0018 mean, 0.005 max, RMSE 0.012 without the cell, E in 1.2..1.9", ({
    skip,
  }) => {
    const evidence = evidenceOnce() ?? skip(ABSENT);
    const { meanRegretNats, maxRegretNats, rmseNats } = evidence.surface.withoutTheCell;
    expect(evidence.optima).toHaveLength(12);
    expect(meanRegretNats).toBeLessThanOrEqual(0.0018);
    expect(maxRegretNats).toBeLessThanOrEqual(0.005);
    expect(rmseNats).toBeLessThanOrEqual(0.012);
    for (const { irreducibleLossNats } of evidence.optima) {
      expect(irreducibleLossNats).toBeGreaterThan(1.2);
      expect(irreducibleLossNats).toBeLessThan(1.9);
    }
  });

  it("has critbatch-joint below every single published law, in the mean and at worst", ({
    skip,
  }) => {
    const { surface } = evidenceOnce() ?? skip(ABSENT);
    expect(surface.laws.length).toBeGreaterThanOrEqual(8);
    for (const law of surface.laws) {
      expect(surface.withoutTheCell.meanRegretNats).toBeLessThan(law.meanNats);
      expect(surface.withoutTheCell.maxRegretNats).toBeLessThan(law.maxNats);
    }
  });

  it("has the recommendation at 0.0025 nats with the surface refitted without the cell", ({
    skip,
  }) => {
    const { pooled } = evidenceOnce() ?? skip(ABSENT);
    expect(pooled.heldOut.meanNats).toBeLessThanOrEqual(0.0025);
    expect(pooled.shipped.meanNats).toBeLessThanOrEqual(0.003);
    expect(pooled.strangers.meanNats).toBeGreaterThan(pooled.heldOut.meanNats);
  });

  it("has every count of covered intervals inside its 99 % binomial bounds", ({ skip }) => {
    const counts = coverageCounts(evidenceOnce() ?? skip(ABSENT));
    expect(counts.length).toBeGreaterThanOrEqual(12);
    for (const { of, hits, allowed } of counts) {
      expect(hits, of).toBeGreaterThanOrEqual(allowed.least - 1e-9);
      expect(hits, of).toBeLessThanOrEqual(allowed.most + 1e-9);
    }
  });

  it("becomes a page whose pictures all exist, with a number in every place", ({ skip }) => {
    const evidence = evidenceOnce() ?? skip(ABSENT);
    const { files } = evidencePage(evidence, []);
    const shown = [...(files.get("evidence.md") ?? "").matchAll(/\]\((evidence\/[^)]+)\)/g)];
    const pictures = [...files.keys()].filter((name) => name.endsWith(".svg"));
    expect(shown.map(([, name]) => name).sort()).toEqual(pictures.sort());
    expect(pictures).toHaveLength(6);
    for (const [name, text] of files) expect(text, name).not.toMatch(/NaN|Infinity|undefined/);
    expect(evidencePage(evidence, []).files).toEqual(files);
  });
});

describe("binomial bounds at 99 %", () => {
  it("allow 6 to 12 of 12 and at least 25 of 40 at 80 %", () => {
    expect(binomialHitRange(12, 0.8)).toEqual({ least: 6, most: 12 });
    expect(binomialHitRange(40, 0.8).least).toBe(25);
  });

  it("allow 76 to 84 % of many at 80 %, by the normal approximation", () => {
    const { least, most } = binomialHitRange(1000, 0.8);
    const half = 2.5758 * Math.sqrt(0.16 / 1000);
    expect(Math.abs(least / 1000 - (0.8 - half))).toBeLessThan(0.0015);
    expect(Math.abs(most / 1000 - (0.8 + half))).toBeLessThan(0.0015);
  });
});

describe("published tables beside the service", () => {
  it("have B_c of all five sizes within the errors of an independent fit", () => {
    const sizes = stepsToTarget();
    expect(sizes).toHaveLength(5);
    for (const { bCritTokens, printedBCritTokens, printedLogSe } of sizes) {
      expect(Math.abs(Math.log(bCritTokens / printedBCritTokens))).toBeLessThan(printedLogSe);
    }
  });

  it("have the penalties at fixed tokens that were worked out before, wrong signs included", () => {
    // Computed independently (Python) from the same constants: explicit, implicit, two-sided.
    const printed: readonly (readonly [number, number, number, number])[] = [
      [63, -0.01308, -0.01396, 0.008931],
      [126, -0.008644, -0.009342, -0.002331],
      [504, 0.01646, 0.0191, 0.01641],
      [2016, 0.09885, 0.1426, 0.1039],
      [4032, 0.183, 0.3175, 0.1822],
    ];
    const rows = fixedDataPenalties();
    for (const [sequences, explicit, implicit, twoSided] of printed) {
      const row = rows.find(({ batchSequences }) => batchSequences === sequences);
      expect(row?.predictedNats.explicit).toBeCloseTo(explicit, 3);
      expect(row?.predictedNats.implicit).toBeCloseTo(implicit, 3);
      expect(row?.predictedNats["two-sided"]).toBeCloseTo(twoSided, 3);
    }
  });

  it("have the surface and the answer right in sign at 63 sequences and above the optimum", () => {
    for (const { batchSequences, predictedNats } of fixedDataPenalties()) {
      if (batchSequences === 252 || batchSequences === 126) continue;
      expect(predictedNats.joint).toBeGreaterThan(0);
      expect(predictedNats.shipped).toBeGreaterThan(0);
    }
  });

  it("have noise scales from 0.05 to 8 critical batches, and the prior of an unknown moment around 1", () => {
    const ratios = noiseScaleRatios(0.8).map(({ bSimple, bCrit }) => bSimple / bCrit);
    expect(Math.min(...ratios)).toBeCloseTo(0.05, 6);
    expect(Math.max(...ratios)).toBeCloseTo(8, 6);
    expect(ratioPrior("unknown")).toEqual({ centreLog: 0, sdLog: 2 });
  });
});

describe("the forms that were tried", () => {
  it("hold the form in use once, with no other of less regret and no greater error", () => {
    const chosen = FORMS_TRIED.filter(({ form }) => form === CHOSEN_FORM);
    expect(chosen).toHaveLength(1);
    const [inUse] = chosen;
    const better = FORMS_TRIED.filter(
      ({ meanRegretNats, rmseNats }) =>
        meanRegretNats < inUse!.meanRegretNats && (rmseNats ?? 1) <= (inUse!.rmseNats ?? 0),
    );
    expect(better).toEqual([]);
  });
});
