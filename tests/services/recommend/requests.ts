import fc from "fast-check";
import { recommendPlan } from "../../../api/services/recommend/recommend.ts";
import { InvalidRequest } from "../../../api/services/shared/invalid-request.ts";
import type { Estimate } from "../../../schemas/common.ts";
import type { Recommended } from "../../../schemas/recommendations/answer.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";

/** Uniform in the logarithm: that is how these quantities spread. */
export function logUniform(lower: number, upper: number): fc.Arbitrary<number> {
  return fc
    .integer({ min: 0, max: 1_000_000 })
    .map((u) => Math.min(Math.max(lower * (upper / lower) ** (u / 1e6), lower), upper));
}

function whole(lower: number, upper: number): fc.Arbitrary<number> {
  return logUniform(lower, upper).map((x) => Math.min(Math.max(Math.round(x), lower), upper));
}

/** Every field may be absent; an empty block is left out. */
function block<T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record(fields, { requiredKeys: [] });
}

const params = logUniform(1e3, 1e15);
const tokens = logUniform(1e3, 1e17);
const batch = whole(1, 1e12);
const rate = logUniform(1e-9, 1e2);

const shape = fc.record({
  layers: whole(1, 1e5),
  dModel: whole(1, 1e7),
  dFfn: whole(1, 1e8),
  heads: whole(1, 1e5),
  vocabularySize: whole(2, 1e8),
});

const model: fc.Arbitrary<NonNullable<RecommendationRequest["model"]>> = fc.oneof(
  fc.record({ nonEmbeddingParams: params }),
  fc.record({ totalParams: params }),
  fc.tuple(params, params).map(([a, b]) => ({
    activeNonEmbeddingParams: Math.min(a, b),
    totalParams: Math.max(a, b),
  })),
  fc.record({ shape }),
);

const noiseScale = fc
  .record({
    value: logUniform(1e-3, 1e21),
    below: fc.option(logUniform(1, 1e3)),
    above: fc.option(logUniform(1, 1e3)),
    level: fc.double({ min: 0.5, max: 0.99, noNaN: true }),
    unit: fc.constantFrom("sequences" as const, "tokens" as const, "examples" as const),
    measuredOver: fc.constantFrom(
      undefined,
      "unknown" as const,
      "last-half-of-tuned-run" as const,
      "late" as const,
    ),
    weighting: fc.constantFrom(undefined, "none" as const, "hessian" as const),
  })
  .map(({ value, below, above, level, unit, measuredOver, weighting }) => ({
    bSimple: {
      value,
      interval: {
        lower: below === null ? null : Math.max(value / below, 1e-3),
        upper: above === null ? null : Math.min(value * above, 1e21),
        level,
      },
      basis: "measured" as const,
    },
    unit,
    measuredOver,
    weighting,
  }));

const constraints: fc.Arbitrary<NonNullable<RecommendationRequest["constraints"]>> = fc
  .record({
    batchTokens: fc.option(
      fc.oneof(
        block({ min: batch, multipleOf: whole(1, 1e6) }),
        block({ max: batch }),
        block({ fixed: batch }),
        fc.tuple(batch, batch, batch).map((three) => {
          const [min = 1, fixed = 1, max = 1] = [...three].sort((a, b) => a - b);
          return { min, fixed, max };
        }),
      ),
      { nil: undefined },
    ),
    steps: fc.option(fc.record({ max: whole(1, 1e12) }), { nil: undefined }),
    nonEmbeddingParams: fc.option(fc.record({ max: params }), { nil: undefined }),
  })
  .map((all) => all);

/** Any request that the schema allows, over the whole range of the wire. */
export const anyRequest: fc.Arbitrary<RecommendationRequest> = block<RecommendationRequest>({
  task: fc.constantFrom(undefined, "lm-pretraining", "lm-pretraining", "fine-tuning", "other"),
  model,
  data: block({
    trainingTokens: tokens,
    sequenceLengthTokens: whole(1, 1e8),
    uniqueTokens: tokens,
  }),
  compute: block({ trainingFlops: logUniform(1e6, 1e32) }),
  optimizer: block({
    kind: fc.constantFrom("adamw", "adam", "sgd", "momentum", "muon"),
    adamBeta1: fc.double({ min: 0, max: 0.9999999, noNaN: true }),
    adamBeta2: fc.double({ min: 0, max: 0.9999999, noNaN: true }),
    adamEpsilon: fc.oneof(fc.constant(0), logUniform(1e-20, 1)),
    weightDecay: fc.oneof(fc.constant(0), logUniform(1e-6, 1e3)),
    momentum: fc.double({ min: 0, max: 0.9999999, noNaN: true }),
  }),
  schedule: block({
    kind: fc.constantFrom("cosine", "linear", "wsd", "constant"),
    finalLearningRateRatio: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  hardware: block({
    devices: whole(1, 1e7),
    flopPerSecondPerDevice: logUniform(1e3, 1e20),
    stepOverheadMs: fc.oneof(fc.constant(0), logUniform(1e-3, 1e7)),
    maxMicroBatchSequences: whole(1, 65536),
  }),
  constraints,
  objective: fc.constantFrom("loss", "balanced", "time", "cost"),
  current: block({
    batchTokens: batch,
    peakLearningRate: rate,
    weightDecay: logUniform(1e-6, 1e3),
    tokensSeen: tokens,
  }),
  evidence: block({
    noiseScale,
    reference: block({
      batchTokens: batch,
      peakLearningRate: rate,
      nonEmbeddingParams: params,
      trainingTokens: tokens,
    }),
  }),
  intervalLevel: fc.double({ min: 0.5, max: 0.99, noNaN: true }),
});

/** The recommendation for a pre-training run. */
export function recommended(request: RecommendationRequest): Recommended {
  const answer = recommendPlan(request);
  if (answer.status !== "recommended") throw new Error(answer.status);
  return answer;
}

/** The places and codes a refused request is told; an empty list when it is answered. */
export function refusals(request: RecommendationRequest): string[] {
  try {
    recommendPlan(request);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof InvalidRequest)) throw thrown;
    return thrown.fields.map(({ pointer, code }) => `${pointer} ${code}`);
  }
}

/** Half-width of an interval in ln; Infinity when an end is unbounded. */
export function widthLog({ interval: { lower, upper } }: Estimate): number {
  if (lower === null || upper === null) return Number.POSITIVE_INFINITY;
  return Math.log(upper / lower) / 2;
}

/** 1e9 parameters on 2e10 tokens, everything stated that would otherwise be assumed. */
export const PLAN = {
  task: "lm-pretraining",
  model: { nonEmbeddingParams: 1e9 },
  data: { trainingTokens: 2e10, sequenceLengthTokens: 2048 },
  optimizer: { kind: "adamw" },
  schedule: { kind: "cosine", finalLearningRateRatio: 0.1 },
  objective: "loss",
} as const satisfies RecommendationRequest;

export const MACHINES = {
  devices: 64,
  flopPerSecondPerDevice: 4e14,
  stepOverheadMs: 120,
  maxMicroBatchSequences: 8,
} as const;
