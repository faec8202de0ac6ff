import { describe, expect, it } from "vitest";
import { estimateNoiseScale } from "../../../api/services/noise/estimate.ts";
import { noiseScaleRequest } from "../../../schemas/noise-scales/request.ts";
import { gaussianObservations } from "../../proofs/noise-worlds.ts";
import { seededRandom } from "../../proofs/random.ts";

const WORLD = {
  observationCount: 60,
  dimension: 200,
  noiseScale: 700,
  smallBatch: 8,
  bigBatch: 256,
};
const SERIES = gaussianObservations(WORLD, seededRandom(31));
const BODY = { unit: "sequences", reduction: "mean", clipped: false, observations: SERIES };

function ask(changes: object = {}) {
  return estimateNoiseScale(noiseScaleRequest.parse({ ...BODY, ...changes }));
}

function refused(changes: object): readonly string[] {
  const parsed = noiseScaleRequest.safeParse({ ...BODY, ...changes });
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join("/"));
}

describe("a resolved answer", () => {
  const answer = ask();
  if (answer.status !== "resolved") throw new Error(answer.reason);

  it("has the noise scale with its unit, an interval at 80 % unless asked otherwise, and its parts", () => {
    expect(answer.bSimple.unit).toBe("sequences");
    expect(answer.unit).toBe("sequences");
    expect(answer.bSimple.interval.level).toBe(0.8);
    expect(answer.bSimple.value).toBe(answer.traceSigma.value / answer.gradSqNorm.value);
    expect(answer.gradSqNorm.interval.lower).toBeLessThan(200 / 700);
    expect(answer.gradSqNorm.interval.upper).toBeGreaterThan(200 / 700);
    const narrow = answer.bSimple.interval.upper!;
    const wide = ask({ intervalLevel: 0.95 });
    if (wide.status !== "resolved") throw new Error(wide.reason);
    expect(wide.bSimple.interval.upper).toBeGreaterThan(narrow);
  });

  it("tells what examples are worth around the measured batch, falling with the batch", () => {
    const shares = answer.efficiencyAtBatch.map(({ efficiency }) => efficiency.value);
    expect(answer.efficiencyAtBatch.map(({ batch }) => batch)).toEqual([64, 128, 256, 512, 1024]);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    const atBigBatch = 1 / (1 + 256 / answer.bSimple.value);
    expect(shares[2]! / atBigBatch).toBeCloseTo(1, 4);
  });

  it("returns the block length it chose", () => {
    expect(answer.blockSteps).toBe(1);
    expect(answer.errorBars).toEqual({
      from: "blocks",
      count: 60,
      degreesOfFreedom: 59,
      serialCorrelationFactor: 1,
    });
    expect(ask({ blockSteps: 5 }).status).toBe("resolved");
  });

  it("carries the preconditioner that the norms were taken under", () => {
    expect(answer.preconditioner).toBe("none");
    expect(ask({ preconditioner: "adam" }).preconditioner).toBe("adam");
  });

  it("is the same bytes for the same request", () => {
    expect(JSON.stringify(ask())).toBe(JSON.stringify(answer));
  });

  it("has groups whose parts add up exactly, when groups were given", () => {
    const grouped = ask({
      observations: SERIES.flatMap((o) => [
        { ...o, group: "mlp" },
        { ...o, group: "attention", bigBatchGradSqNorm: o.bigBatchGradSqNorm * 0.9 },
      ]),
    });
    if (grouped.status !== "resolved") throw new Error(grouped.reason);
    expect(answer.groups).toBeUndefined();
    expect(grouped.groups?.map(({ group }) => group)).toEqual(["attention", "mlp"]);
    const sum = (of: "traceSigma" | "gradSqNorm") =>
      grouped.groups!.reduce((total, group) => total + group[of].value, 0);
    expect(sum("traceSigma")).toBe(grouped.traceSigma.value);
    expect(sum("gradSqNorm")).toBe(grouped.gradSqNorm.value);
  });
});

describe("an unresolved answer", () => {
  const hidden = { ...WORLD, observationCount: 8, dimension: 60, noiseScale: 51200 };
  const answer = ask({ observations: gaussianObservations(hidden, seededRandom(2)) });

  it("has no value, but a lower bound with its level and what to measure", () => {
    if (answer.status !== "unresolved") throw new Error(answer.status);
    expect("bSimple" in answer).toBe(false);
    expect(answer.lowerBound).toMatchObject({ level: 0.8, unit: "sequences" });
    expect(answer.lowerBound!.value).toBeLessThan(51200);
    expect(answer.needed.observations).toBeGreaterThan(8);
    expect(answer.needed.bigBatch).toBeGreaterThan(256);
    expect(answer.reason).toMatch(/is not significantly above 0/);
  });
});

describe("insufficient measurements", () => {
  it("still tell the moments of a single observation, without error bars", () => {
    const answer = ask({ observations: SERIES.slice(0, 1) });
    expect(answer.status).toBe("insufficient-measurements");
    expect(answer.traceSigma?.interval).toEqual({ lower: null, upper: null, level: 0.8 });
    expect(answer.usedSteps).toBe(1);
  });

  it("are equal batch sizes: what to do is said and nothing is divided by zero", () => {
    const answer = ask({ observations: SERIES.map((o) => ({ ...o, smallBatch: 256 })) });
    expect(answer.status).toBe("insufficient-measurements");
    expect(answer.diagnosis.map(({ code }) => code)).toEqual(["equal-batches"]);
    expect(answer.needed.bigBatch).toBe(512);
    expect(JSON.stringify(answer)).not.toMatch(/null|NaN/);
  });
});

describe("a request", () => {
  it("of clipped norms is refused, saying why", () => {
    const parsed = noiseScaleRequest.safeParse({ ...BODY, clipped: true });
    expect(parsed.error?.issues[0]?.path).toEqual(["clipped"]);
    expect(parsed.error?.issues[0]?.message).toMatch(/before clipping/);
  });

  it("without unit, reduction or clipped is refused", () => {
    for (const field of ["unit", "reduction", "clipped", "observations"]) {
      expect(refused({ [field]: undefined })).toEqual([field]);
    }
  });

  it("that mixes the whole model with parts is refused", () => {
    const mixed = [...SERIES, ...SERIES.map((o) => ({ ...o, group: "mlp" }))];
    expect(refused({ observations: mixed })).toEqual(["observations"]);
  });

  it("with a small batch above the big one, or dots that do not match, is refused", () => {
    expect(refused({ observations: [{ ...SERIES[0], smallBatch: 512 }] })).not.toEqual([]);
    const example = { step: 1, exampleGradSqNorms: [1, 2], bigBatchGradSqNorm: 1 };
    expect(refused({ observations: [{ ...example, exampleGradDots: [1] }] })).not.toEqual([]);
    expect(refused({ observations: [{ ...example, exampleGradDots: [1, 1] }] })).toEqual([]);
  });

  it("with a negative norm, none, or an unknown field is refused", () => {
    expect(refused({ observations: [{ ...SERIES[0], bigBatchGradSqNorm: -1 }] })).not.toEqual([]);
    expect(refused({ observations: [] })).toEqual(["observations"]);
    expect(refused({ observations: [{ ...SERIES[0], gradNorm: 1 }] })).not.toEqual([]);
  });
});
