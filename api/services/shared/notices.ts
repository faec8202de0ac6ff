import type { Assumption, Warning } from "../../../schemas/common.ts";

/** What an answer says beside its numbers: a default it assumed, or what should make the caller think. */
export type Notice = Assumption | Warning;

export interface Notices {
  readonly assumptions: Assumption[];
  readonly warnings: Warning[];
}

/** Codes of warnings, worst first: the answer may not hold at all, then by how much it may be off. */
const WORST_FIRST: readonly string[] = [
  "tokens-seen-beyond-run",
  "noise-scale-not-resolved",
  "probe-without-value",
  "no-learning-rate-law",
  "far-outside-measured-runs",
  "few-steps",
  "batch-forced-by-constraints",
  "constraint-not-applied",
  "small-batch-outside-constraints",
  "large-batch-outside-constraints",
  "flops-disagree",
  "parameters-limited",
  "tokens-repeated",
  "loss-law-extrapolated",
  "steps-exceeded-already",
  "data-repeated-already",
  "raises-learning-rate-past-optimal-batch",
  "weight-decay-beyond-practice",
  "learning-rate-rule-outside-its-setting",
  "noise-scale-too-uncertain",
  "noise-scale-without-interval",
  "noise-scale-moment-unknown",
  "critical-batch-of-the-probe",
  "probe-gives-no-level",
  "probe-counts-examples",
  "hardware-incomplete",
  "mixture-of-experts",
];

/** General remarks that go with every answer of their kind: last. */
const LAST: readonly string[] = [
  "weight-decay-constant-unverified",
  "sde-form-unverified",
  "repetition-constant-unverified",
  "loss-and-critical-batch-from-different-data",
  "optimization-not-generalisation",
  "critical-batch-follows-tokens",
  "loss-law-decides-the-balance",
  "exponents-move-the-wall",
  "factor-two",
];

/** Whether a notice is the assumption about this field. */
export function isAbout(notice: Notice, field: string): boolean {
  return "field" in notice && notice.field === field;
}

function rank({ code }: Warning): number {
  const first = WORST_FIRST.indexOf(code);
  if (first >= 0) return first;
  const last = LAST.indexOf(code);
  return last < 0 ? WORST_FIRST.length : WORST_FIRST.length + 1 + last;
}

/** The fields `assumptions` and `warnings` of an answer: each said once, warnings worst first. */
export function splitNotices(notices: readonly Notice[]): Notices {
  const assumptions: Assumption[] = [];
  const warnings: Warning[] = [];
  for (const notice of distinct(notices)) {
    if ("field" in notice) assumptions.push(notice);
    else warnings.push(notice);
  }
  return { assumptions, warnings: warnings.sort((a, b) => rank(a) - rank(b)) };
}

function distinct(notices: readonly Notice[]): readonly Notice[] {
  const seen = new Set<string>();
  return notices.filter((notice) => {
    const key = `${"field" in notice ? notice.field : notice.code} ${notice.detail}`;
    return !seen.has(key) && seen.add(key);
  });
}
