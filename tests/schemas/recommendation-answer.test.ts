import { describe, expect, it } from "vitest";
import { recommendationAnswer } from "../../schemas/recommendations/answer.ts";

const estimate = (value: number, basis = "combined") => ({
  value,
  interval: { lower: value / 2, upper: null, level: 0.8 },
  basis,
});

const CLOSING = {
  assumptions: [{ field: "objective", value: "loss", detail: "The goal is the lowest loss." }],
  warnings: [{ code: "few-steps", detail: "The run has fewer than 500 steps." }],
  summary: "One. Two. Three.",
  modelVersion: "2026.11.2",
};

const EVIDENCE = {
  id: "li2025-step-law",
  quantity: "bOptTokens",
  value: 441900,
  sdLog: 0.35,
  weight: 0.6,
  insideFit: true,
  extrapolationLog: 0,
  status: "V1",
  reason: "pooled",
  source: "arXiv:2503.04715, eq. (1)",
};

const EVIDENCE_ONLY = {
  status: "evidence-only",
  task: "fine-tuning",
  unit: "examples",
  batch: { batchExamples: estimate(200) },
  criticalBatch: { bCritExamples: estimate(200) },
  evidence: [EVIDENCE],
  loggable: { batchExamples: 200 },
  ...CLOSING,
};

const INSUFFICIENT = {
  status: "insufficient-evidence",
  task: "other",
  reason: "No pre-training law holds for the task.",
  needed: [{ code: "noise-scale", detail: "Measure the gradient noise scale." }],
  ...CLOSING,
};

function accepts(answer: unknown): boolean {
  return recommendationAnswer.safeParse(answer).success;
}

describe("the answer of a recommendation", () => {
  it.each([EVIDENCE_ONLY, INSUFFICIENT])("takes the form $status", (answer) => {
    expect(recommendationAnswer.parse(answer)).toEqual(answer);
  });

  it("keeps the forms apart: no form takes the fields of another", () => {
    expect(accepts({ ...INSUFFICIENT, loggable: {} })).toBe(false);
    expect(accepts({ ...EVIDENCE_ONLY, needed: [] })).toBe(false);
    expect(accepts({ ...EVIDENCE_ONLY, status: "recommended" })).toBe(false);
    expect(accepts({ ...EVIDENCE_ONLY, status: "ok" })).toBe(false);
  });

  it("lets evidence-only leave out what the evidence cannot say", () => {
    const { batch: _batch, criticalBatch: _criticalBatch, ...rest } = EVIDENCE_ONLY;
    expect(accepts(rest)).toBe(true);
  });

  it("shows a law that refuses, without a value", () => {
    const { value: _value, sdLog: _sdLog, ...refused } = EVIDENCE;
    const evidence = [{ ...refused, weight: 0, reason: "outside-law" }];
    expect(accepts({ ...EVIDENCE_ONLY, evidence })).toBe(true);
  });

  it.each([
    { weight: 1.1 },
    { weight: -0.1 },
    { sdLog: -1 },
    { extrapolationLog: Number.POSITIVE_INFINITY },
    { status: "V3" },
    { quantity: "batch" },
    { source: "" },
    { note: "more" },
  ])("refuses evidence with %j", (change) => {
    expect(accepts({ ...EVIDENCE_ONLY, evidence: [{ ...EVIDENCE, ...change }] })).toBe(false);
  });

  it("holds no number in loggable that JSON cannot", () => {
    expect(accepts({ ...EVIDENCE_ONLY, loggable: { batchExamples: Number.NaN } })).toBe(false);
    expect(accepts({ ...EVIDENCE_ONLY, loggable: { batchExamples: "200" } })).toBe(false);
  });
});
