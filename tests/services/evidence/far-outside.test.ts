import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CRITBATCH_JOINT } from "../../../api/numerics/surface/constants.ts";
import { logUniform, PLAN, recommended, widthLog } from "../recommend/requests.ts";

// Geometric means of the sweep's range in N (2.1e8 to 1.07e9) and in D (4e9 to 1e11).
const CENTRE = { params: 4.7e8, tokens: 2e10 };
const BOX = { params: { lower: 2.1e8, upper: 1.07e9 }, tokens: { lower: 4e9, upper: 1e11 } };
// Six digits of each end.
const ROUNDING = 1e-5;

const anyParams = logUniform(1e6, 1e12);
const anyTokens = logUniform(1e8, 1e14);
// Also the places where a law of the learning rate, or of the critical batch, fades out.
const paramsOfFade = fc.oneof(anyParams, logUniform(2e9, 2e10));
const tokensOfFade = fc.oneof(anyTokens, logUniform(1e8, 2e9));
const ratio = fc.oneof(logUniform(1.001, 100), logUniform(1.001, 2));
const outside = fc
  .tuple(anyParams, anyTokens)
  .filter(([params, tokens]) => !within(BOX.params, params) || !within(BOX.tokens, tokens));

function within({ lower, upper }: { lower: number; upper: number }, value: number): boolean {
  return lower <= value && value <= upper;
}

/** A model and its tokens; batches of any number of tokens, so that rounding to sequences hides nothing. */
function answerOf(params: number, tokens: number) {
  return recommended({
    ...PLAN,
    model: { nonEmbeddingParams: params },
    data: { trainingTokens: tokens, sequenceLengthTokens: 1 },
  });
}

function widthsOf(answer: ReturnType<typeof answerOf>) {
  return {
    bOptTokens: widthLog(answer.criticalBatch.bOptTokens),
    batchTokens: widthLog(answer.batch.batchTokens),
    bCritTokens: widthLog(answer.criticalBatch.bCritTokens),
    peakLearningRate: widthLog(answer.learningRate.peakLearningRate),
  };
}

function outwards(value: number, from: number, by: number): number {
  return value < from ? value / by : value * by;
}

function expectNoNarrower(near: ReturnType<typeof answerOf>, far: ReturnType<typeof answerOf>) {
  const after = widthsOf(far);
  for (const [quantity, width] of Object.entries(widthsOf(near))) {
    expect(after[quantity as keyof typeof after], quantity).toBeGreaterThan(width - ROUNDING);
  }
  for (const quantity of ["bOptTokens", "bCritTokens", "peakLearningRate"] as const) {
    const tauLog = (answer: typeof near) => answer.disagreement[quantity]?.tauLog ?? Number.NaN;
    expect(tauLog(far), `disagreement about ${quantity}`).toBeGreaterThan(tauLog(near) - ROUNDING);
  }
}

describe("a recommendation far outside the measured runs, up to 1e12 parameters and 1e14 tokens", () => {
  it("has a larger batch for more tokens", () => {
    fc.assert(
      fc.property(anyParams, tokensOfFade, ratio, (params, tokens, by) => {
        const [here, longer] = [answerOf(params, tokens), answerOf(params, tokens * by)];
        for (const quantity of ["bOptTokens", "bCritTokens"] as const) {
          const { value } = here.criticalBatch[quantity];
          expect(longer.criticalBatch[quantity].value).toBeGreaterThanOrEqual(value);
        }
        expect(longer.batch.batchTokens.value).toBeGreaterThanOrEqual(here.batch.batchTokens.value);
      }),
      { seed: 61, numRuns: 1000 },
    );
  });

  it("has no larger learning rate for more parameters at the same tokens", () => {
    fc.assert(
      fc.property(paramsOfFade, tokensOfFade, ratio, (params, tokens, by) => {
        const rate = (n: number) => answerOf(n, tokens).learningRate.peakLearningRate.value;
        expect(rate(params * by)).toBeLessThanOrEqual(rate(params) * (1 + ROUNDING));
      }),
      { seed: 62, numRuns: 1000 },
    );
  });

  it.each([
    { way: "in parameters", step: [1, 0] },
    { way: "in tokens", step: [0, 1] },
  ] as const)(
    "has no narrower interval, and no less disagreement, farther out $way",
    ({ step }) => {
      fc.assert(
        fc.property(anyParams, anyTokens, ratio, (params, tokens, by) => {
          expectNoNarrower(
            answerOf(params, tokens),
            answerOf(
              outwards(params, CENTRE.params, by ** step[0]),
              outwards(tokens, CENTRE.tokens, by ** step[1]),
            ),
          );
        }),
        { seed: 63, numRuns: 1000 },
      );
    },
  );

  it("has no narrower interval farther out on any straight way from the middle of the measured runs", () => {
    const angle = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
    const distance = fc.double({ min: 0, max: 6, noNaN: true });
    fc.assert(
      fc.property(angle, distance, distance, (direction, a, b) => {
        const at = (far: number) =>
          answerOf(
            CENTRE.params * Math.exp(far * Math.cos(direction)),
            CENTRE.tokens * Math.exp(far * Math.sin(direction)),
          );
        expectNoNarrower(at(Math.min(a, b)), at(Math.max(a, b)));
      }),
      { seed: 64, numRuns: 1000 },
    );
  });

  it.each([
    { axis: "parameters", from: BOX.params, by: [1, 0] },
    { axis: "tokens", from: BOX.tokens, by: [0, 1] },
  ] as const)(
    "has no narrower interval of the loss, but for 0.2 % of it, farther out in $axis",
    ({ axis, from, by }) => {
      fc.assert(
        fc.property(anyParams, anyTokens, ratio, (params, tokens, factor) => {
          fc.pre(!within(from, axis === "parameters" ? params : tokens));
          const near = answerOf(params, tokens);
          const far = answerOf(
            outwards(params, CENTRE.params, factor ** by[0]),
            outwards(tokens, CENTRE.tokens, factor ** by[1]),
          );
          const width = widthLog(near.loss.lossNats);
          expect(widthLog(far.loss.lossNats)).toBeGreaterThan(width * 0.998 - ROUNDING);
        }),
        { seed: 67, numRuns: 1000 },
      );
    },
  );

  it("has a loss above the irreducible one", () => {
    fc.assert(
      fc.property(anyParams, anyTokens, (params, tokens) => {
        const { value } = answerOf(params, tokens).loss.lossNats;
        expect(value).toBeGreaterThan(CRITBATCH_JOINT.constants.irreducibleLossNats);
      }),
      { seed: 65, numRuns: 500 },
    );
  });

  it("says how far outside it is, and warns from a factor of ten on", () => {
    const { nonEmbeddingParams: n, trainingTokens: d } = CRITBATCH_JOINT.fittedBox;
    const beyond = ({ lower, upper }: { lower: number; upper: number }, value: number) =>
      Math.max(0, Math.log(lower / value), Math.log(value / upper));
    fc.assert(
      fc.property(outside, ([params, tokens]) => {
        const { jointSurface, warnings } = answerOf(params, tokens);
        const distance = Math.hypot(beyond(n, params), beyond(d, tokens));
        expect(jointSurface.insideFit).toBe(false);
        expect(jointSurface.extrapolationLog).toBeCloseTo(distance, 4);
        expect(warnings.some(({ code }) => code === "far-outside-measured-runs")).toBe(
          jointSurface.extrapolationLog > Math.log(10),
        );
      }),
      { seed: 66, numRuns: 500 },
    );
  });
});
