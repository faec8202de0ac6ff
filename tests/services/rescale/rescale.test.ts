import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rescaleBatch } from "../../../api/services/rescale/rescale.ts";
import { batchRescaleAnswer } from "../../../schemas/batch-rescales/answer.ts";
import { batchRescaleRequest } from "../../../schemas/batch-rescales/request.ts";
import { noticeNames } from "../notice-names.ts";
import { ask, LANGUAGE_MODEL, MOVE, moved, noise, pretraining, rateOf, SGD } from "./requests.ts";

const refusals = (over: object) =>
  batchRescaleRequest.safeParse({ ...MOVE, ...over }).error?.issues.map(({ path }) => path) ?? [];

describe("the unit of the batches", () => {
  it("is one: tokens beside examples are refused", () => {
    expect(refusals({ to: { batchTokens: 524288 } })).toEqual([["to"]]);
    expect(
      refusals({ from: { batchTokens: 1e5, peakLearningRate: 1e-3 }, to: { batchExamples: 64 } }),
    ).toEqual([["to"]]);
  });

  it("does not matter to a rule of their ratio", () => {
    const inTokens = {
      from: { batchTokens: 256, peakLearningRate: 1e-3 },
      to: { batchTokens: 1024 },
    };
    expect(rateOf(inTokens)).toBe(rateOf({}));
  });

  it("is that of the noise scale, else the sequence length brings them together", () => {
    const inTokens = {
      from: { batchTokens: 256 * 512, peakLearningRate: 1e-3 },
      to: { batchTokens: 1024 * 512 },
      rule: "saturating",
      noiseScale: noise(1024, { unit: "sequences" }),
    };
    expect(() => ask(inTokens)).toThrow("/data/sequenceLengthTokens");
    const brought = { ...inTokens, data: { sequenceLengthTokens: 512 } };
    const inSequences = { rule: "saturating", noiseScale: noise(1024) };
    expect(rateOf(brought)).toBe(rateOf(inSequences));
    const perToken = noise(1024 * 512, { unit: "tokens" });
    const back = { ...inSequences, noiseScale: perToken, data: { sequenceLengthTokens: 512 } };
    expect(rateOf(back)).toBe(rateOf(inSequences));
  });

  it("a batch of more than the whole run is refused", () => {
    expect(refusals(pretraining(1e5, 3e10))).toEqual([["to", "batchTokens"]]);
  });
});

describe("what is known of the run", () => {
  it("joins a measured noise scale with the laws where both are there", () => {
    const alone = moved(pretraining(1e5, 1e6, { rule: "saturating" }));
    const joined = moved(
      pretraining(1e5, 1e6, {
        rule: "saturating",
        noiseScale: noise(1e7, { unit: "tokens" }),
      }),
    );
    expect(joined.peakLearningRate.basis).toBe("combined");
    expect(joined.peakLearningRate.value).toBeGreaterThan(alone.peakLearningRate.value);
  });

  it("leaves out a noise scale without an interval, and says so", () => {
    const bSimple = {
      value: 1024,
      interval: { lower: null, upper: null, level: 0.8 },
      basis: "measured",
    };
    const answer = ask({ noiseScale: noise(1024, { bSimple }) });
    expect(answer.status).toBe("precondition-unknown");
    expect(noticeNames(answer)).toContain("noise-scale-without-interval");
  });

  it("says what is missing for the laws when only one of model and tokens came", () => {
    expect(noticeNames(ask({ model: LANGUAGE_MODEL.model }))).toContain("laws-not-used");
    expect(noticeNames(ask({ data: LANGUAGE_MODEL.data }))).toContain("laws-not-used");
    expect(noticeNames(ask({}))).not.toContain("laws-not-used");
  });

  it("names fields that the optimizer does not have", () => {
    expect(noticeNames(ask({ optimizer: { kind: "sgd", adamBeta1: 0.9 } }))).toContain(
      "optimizer-field-not-used",
    );
    expect(noticeNames(ask({ optimizer: { kind: "sgd", momentum: 0.9 } }))).not.toContain(
      "optimizer-field-not-used",
    );
  });
});

describe("the interval of the new learning rate", () => {
  const ends = (over: object) => {
    const { value, interval } = moved(over).peakLearningRate;
    return { down: value / (interval.lower ?? 0), up: (interval.upper ?? 0) / value };
  };

  it("of the broken power below the corner is its own scatter of 0.17", () => {
    // 1.28155: normal quantile at 0.9.
    expect(ends(pretraining(2 ** 12, 2 ** 14)).up).toBeCloseTo(Math.exp(1.28155 * 0.17), 3);
  });

  it("holds what every alternative gives", () => {
    for (const over of [
      { noiseScale: noise(4096) },
      { noiseScale: noise(300) },
      { optimizer: SGD, noiseScale: noise(1e5) },
      pretraining(1e5, 4e5, { rule: "square-root" }),
    ]) {
      const { peakLearningRate, alternatives } = moved(over);
      for (const { rule, peakLearningRate: other } of alternatives) {
        expect(other.value, rule).toBeGreaterThanOrEqual(peakLearningRate.interval.lower ?? 0);
        expect(other.value, rule).toBeLessThanOrEqual(peakLearningRate.interval.upper ?? 0);
      }
    }
  });

  it("reaches the unchanged learning rate where no noise scale is known", () => {
    const { interval } = moved({ to: { batchExamples: 4096 } }).peakLearningRate;
    expect(interval.lower).toBeLessThan(1e-3);
  });

  it("closes as the move shrinks, and is wider at a higher level", () => {
    expect(ends({ to: { batchExamples: 257 } }).up).toBeLessThan(1.01);
    expect(ends({ intervalLevel: 0.95 }).up).toBeGreaterThan(ends({ intervalLevel: 0.8 }).up);
  });
});

describe("equal batches", () => {
  it("change nothing, whatever the rule and however odd the settings", () => {
    const from = { batchExamples: 256, peakLearningRate: 1.2345678e-3, warmupExamples: 700 };
    const optimizer = { ...MOVE.optimizer, adamBeta2: 0.8123456789, weightDecay: 0.1234567 };
    for (const rule of ["auto", "linear", "square-root", "sde", "saturating", "broken-power"]) {
      const answer = ask({ optimizer, from, to: { batchExamples: 256 }, rule });
      expect(answer).toMatchObject({
        status: "ok",
        peakLearningRate: {
          value: 1.2345678e-3,
          interval: { lower: 1.2345678e-3, upper: 1.2345678e-3 },
          basis: "given",
        },
        adamBeta1: 0.9,
        adamBeta2: 0.8123456789,
        adamEpsilon: 1e-8,
        weightDecay: 0.1234567,
        warmupExamples: 700,
        warmupSteps: 3,
        alternatives: [],
      });
    }
  });
});

const wide = (lower: number, upper: number) =>
  fc
    .double({ min: Math.log(lower), max: Math.log(upper), noNaN: true })
    .map((log) => Math.min(Math.max(Math.exp(log), lower), upper));
const decay = fc.double({ min: 0, max: 0.9999999, noNaN: true });
const batch = wide(1, 1e12);
const rate = wide(1e-9, 1e2);
const kinds = fc.constantFrom("sgd", "momentum", "adam", "adamw", "muon");
const askable = fc.constantFrom(
  "auto",
  "linear",
  "square-root",
  "sde",
  "saturating",
  "broken-power",
);

const noiseScale = fc
  .record({
    value: wide(1e-3, 1e21),
    unit: fc.constantFrom("tokens", "sequences", "examples"),
    measuredOver: fc.constantFrom("unknown", "last-half-of-tuned-run", "late"),
    weighting: fc.constantFrom("none", "hessian"),
  })
  .map(({ value, ...rest }) => ({
    ...rest,
    bSimple: {
      value,
      interval: { lower: value, upper: null, level: 0.5 },
      basis: "measured",
    },
  }));

const unitless = fc.record(
  {
    optimizer: fc.record(
      {
        kind: kinds,
        adamBeta1: decay,
        adamBeta2: decay,
        adamEpsilon: fc.double({ min: 0, max: 1, noNaN: true }),
        weightDecay: fc.double({ min: 0, max: 1e3, noNaN: true }),
        momentum: decay,
      },
      { requiredKeys: ["kind"] },
    ),
    model: wide(1e3, 1e15).map((nonEmbeddingParams) => ({ nonEmbeddingParams })),
    noiseScale,
    rule: askable,
    intervalLevel: fc.double({ min: 0.5, max: 0.99, noNaN: true }),
  },
  { requiredKeys: ["optimizer", "rule"] },
);

const requests = fc
  .record({
    rest: unitless,
    inTokens: fc.boolean(),
    fromBatch: batch,
    toBatch: batch,
    peakLearningRate: rate,
    warmup: fc.option(fc.oneof(fc.constant(0), wide(1e-3, 1e15)), { nil: undefined }),
    length: fc.integer({ min: 1, max: 1e8 }),
    trainingTokens: fc.option(wide(1e12, 1e17), { nil: undefined }),
  })
  .map((one) => ({
    ...one.rest,
    data: {
      sequenceLengthTokens: one.length,
      ...(one.trainingTokens !== undefined && { trainingTokens: one.trainingTokens }),
    },
    from: {
      ...(one.inTokens ? { batchTokens: one.fromBatch } : { batchExamples: one.fromBatch }),
      peakLearningRate: one.peakLearningRate,
      ...(one.warmup !== undefined && { warmupTokens: one.warmup }),
    },
    to: one.inTokens ? { batchTokens: one.toBatch } : { batchExamples: one.toBatch },
  }));

describe("any move over the range of the wire", () => {
  it("gets an answer of the contract, its value inside its interval", () => {
    fc.assert(
      fc.property(requests, (body) => {
        const answer = rescaleBatch(batchRescaleRequest.parse(body));
        expect(batchRescaleAnswer.safeParse(answer).error?.issues ?? []).toEqual([]);
        expect(answer.status === "refused").toBe(
          answer.preconditions.some(({ holds }) => holds === false),
        );
        if (answer.status === "refused") return;
        const { value, interval } = answer.peakLearningRate;
        expect(value).toBeGreaterThan(0);
        expect(interval.lower).toBeLessThanOrEqual(value);
        expect(interval.upper).toBeGreaterThanOrEqual(value);
      }),
      { seed: 71, numRuns: 2000 },
    );
  });

  it("by the broken power never ends above the plateau, and never falls as the batch grows", () => {
    fc.assert(
      fc.property(batch, batch, batch, (from, first, second) => {
        const data = { trainingTokens: 1e13 };
        const at = (to: number) => rateOf(pretraining(from, to, { data }));
        const plateau = at(1e12);
        const [small, large] = [Math.min(first, second), Math.max(first, second)];
        expect(at(large)).toBeLessThanOrEqual(plateau);
        expect(at(small)).toBeLessThanOrEqual(at(large));
      }),
      { seed: 72, numRuns: 200 },
    );
  });

  it("by any rule that holds both ways is undone by moving back", () => {
    fc.assert(
      fc.property(wide(1, 1e6), wide(1, 1e6), (here, there) => {
        for (const rule of ["square-root", "saturating"]) {
          const over = { rule, noiseScale: noise(1e9) };
          const out = rateOf({ ...over, to: { batchExamples: there }, from: from(here, 1e-3) });
          const back = rateOf({ ...over, to: { batchExamples: here }, from: from(there, out) });
          expect(back / 1e-3).toBeCloseTo(1, 4);
        }
      }),
      { seed: 73, numRuns: 200 },
    );
  });
});

const from = (batchExamples: number, peakLearningRate: number) => ({
  batchExamples,
  peakLearningRate: Math.min(Math.max(peakLearningRate, 1e-9), 1e2),
});
