import { describe, expect, it } from "vitest";
import { RULES } from "../../../api/services/rescale/rules.ts";
import rules from "../../vectors/learning-rate-rules.json";
import { expectClose } from "../../vectors/run-vectors.ts";
import { noticeNames } from "../notice-names.ts";
import {
  ask,
  holdsOf,
  LANGUAGE_MODEL,
  moved,
  noise,
  pretraining,
  rateOf,
  SGD,
} from "./requests.ts";

const to = (batchExamples: number) => ({ to: { batchExamples } });

describe("the rules of the service give the worked numbers, to the six digits of the wire", () => {
  it.each(rules.rows)("$inputs", ({ inputs, expected }) => {
    const { fromBatch, toBatch, peakLearningRate, bNoise } = inputs;
    const move = { from: { batchExamples: fromBatch, peakLearningRate }, ...to(toBatch) };
    const saturating = { rule: "saturating", noiseScale: noise(bNoise) };
    const rates = {
      linear: rateOf({ ...move, optimizer: SGD, rule: "linear" }),
      squareRoot: rateOf({ ...move, rule: "square-root" }),
      saturating: rateOf({ ...move, optimizer: SGD, ...saturating }),
    };
    expectClose(rates.linear, expected.linear, 5e-6, "linear");
    expectClose(rates.squareRoot, expected.squareRoot, 5e-6, "squareRoot");
    expectClose(rates.saturating, expected.saturating, 5e-6, "saturating");
  });
});

describe("linear, for SGD", () => {
  const linear = (over: object) => ask({ optimizer: SGD, rule: "linear", ...over });

  it("holds far below the noise scale", () => {
    const answer = linear({ ...to(512), noiseScale: noise(16384) });
    expect(answer.status).toBe("ok");
    expect(holdsOf(answer, "far-below-noise-scale")).toBe(true);
  });

  it("is refused where it overshoots the one-step optimum, and the saturating rule stands beside", () => {
    const answer = linear({ ...to(4096), noiseScale: noise(1024) });
    expect(answer.status).toBe("refused");
    expect(answer.reason).toContain("4096 examples is not below the measured noise scale of 1024");
    expect(answer.alternatives.map(({ rule }) => rule)).toEqual(["saturating"]);
    expect(answer.alternatives[0]?.peakLearningRate.value).toBeCloseTo(0.004, 9);
  });

  it("is refused from 256 to 1024 of a noise scale of 1024, where it gives 1.6 of the optimum", () => {
    expect(linear({ noiseScale: noise(1024.5) }).reason).toContain("1.60 of the one-step optimum");
  });

  it("cannot be checked without a noise scale, and shows its number all the same", () => {
    const answer = linear({});
    expect(answer.status).toBe("precondition-unknown");
    expect(holdsOf(answer, "far-below-noise-scale")).toBeNull();
    expect(answer).toMatchObject({ peakLearningRate: { value: 0.004 } });
  });

  it("is refused for Adam", () => {
    const answer = ask({ rule: "linear", noiseScale: noise(1e6) });
    expect(answer.status).toBe("refused");
    expect(holdsOf(answer, "optimizer-of-the-rule")).toBe(false);
  });
});

describe("square root and SDE, for Adam", () => {
  it("hold with both batches below the noise scale", () => {
    for (const rule of ["square-root", "sde"]) {
      const answer = moved({ rule, noiseScale: noise(4096) });
      expect(answer.status).toBe("ok");
      expect(answer.peakLearningRate.value).toBe(0.002);
    }
  });

  it("are refused with either batch above it", () => {
    for (const rule of ["square-root", "sde"]) {
      const up = ask({ rule, noiseScale: noise(1000) });
      const down = ask({
        rule,
        from: { batchExamples: 1024, peakLearningRate: 1e-3 },
        ...to(256),
        noiseScale: noise(1000),
      });
      expect([up.status, down.status]).toEqual(["refused", "refused"]);
      expect(holdsOf(down, "below-noise-scale")).toBe(false);
    }
  });

  it("are measured against the laws' critical batch where there is no measurement", () => {
    expect(ask(pretraining(2e5, 4e5, { rule: "sde" })).status).toBe("ok");
    expect(ask(pretraining(2e5, 1e8, { rule: "square-root" })).reason).toContain(
      "critical batch of the laws",
    );
  });

  it("SDE gives the worked numbers of k = 4, beta1 included", () => {
    const answer = moved({ rule: "sde", noiseScale: noise(4096) });
    expect(answer).toMatchObject({ adamBeta1: 0.6, adamBeta2: 0.996, adamEpsilon: 5e-9 });
  });

  it("SDE gives the worked numbers of k = 1/4", () => {
    const answer = moved({ rule: "sde", ...to(64), noiseScale: noise(4096) });
    expect(answer.peakLearningRate.value).toBe(0.0005);
    expect(answer).toMatchObject({ adamBeta1: 0.975, adamBeta2: 0.99975, adamEpsilon: 2e-8 });
  });

  it("SDE is refused at k = 16, where beta1 would be -0.6; the square root stands beside", () => {
    const answer = ask({ rule: "sde", ...to(4096), noiseScale: noise(1e5) });
    expect(answer.status).toBe("refused");
    expect(holdsOf(answer, "decays-outlast-a-step")).toBe(false);
    expect(answer.reason).toContain("1.60 for beta1");
    expect(answer).not.toHaveProperty("peakLearningRate");
    const root = answer.alternatives.find(({ rule }) => rule === "square-root");
    expect(root).toMatchObject({ status: "ok", peakLearningRate: { value: 0.004 } });
  });

  it("SDE is refused for what is not Adam", () => {
    for (const kind of ["sgd", "momentum", "muon"]) {
      expect(ask({ rule: "sde", optimizer: { kind } }).status).toBe("refused");
    }
  });

  it("the square root of SGD is shown with a warning", () => {
    expect(noticeNames(ask({ rule: "square-root", optimizer: SGD }))).toContain(
      "square-root-for-sgd",
    );
  });

  it("a precondition that the noise scale's own interval leaves open is a warning", () => {
    expect(noticeNames(ask({ rule: "square-root", noiseScale: noise(1300) }))).toContain(
      "noise-scale-too-uncertain",
    );
  });
});

describe("saturating", () => {
  it("is refused without a noise scale: it has no number", () => {
    const answer = ask({ rule: "saturating" });
    expect(answer.status).toBe("refused");
    expect(holdsOf(answer, "noise-scale-known")).toBe(false);
    expect(answer.reason).toContain("send noiseScale");
  });

  it("takes the laws' critical batch for want of a measurement", () => {
    const answer = moved(pretraining(131072, 1e9, { rule: "saturating" }));
    expect(answer.status).toBe("ok");
    expect(answer.peakLearningRate.basis).toBe("law");
  });

  it("grows with a lower power for Adam than for SGD", () => {
    const over = { rule: "saturating", ...to(4096), noiseScale: noise(1024) };
    expect(rateOf(over)).toBeCloseTo(1e-3 * 4 ** 0.75, 8);
    expect(rateOf({ ...over, optimizer: SGD })).toBeCloseTo(4e-3, 8);
  });

  it("stays below its plateau however large the batch", () => {
    const rate = rateOf({
      rule: "saturating",
      optimizer: SGD,
      ...to(1e12),
      noiseScale: noise(1024),
    });
    expect(rate).toBeCloseTo(5e-3, 8);
  });
});

describe("broken power", () => {
  const B_OPT = 4.5e5;

  it("rises with the power 0.837 below the corner", () => {
    expect(rateOf(pretraining(2 ** 15, 2 ** 16)) / 1e-3).toBeCloseTo(2 ** 0.837, 4);
  });

  it("does not move between two batches above the optimal one", () => {
    expect(rateOf(pretraining(1e6, 4e6))).toBe(1e-3);
  });

  it("is refused without model and tokens, and for SGD", () => {
    expect(holdsOf(ask({ rule: "broken-power" }), "optimal-batch-known")).toBe(false);
    const sgd = ask(pretraining(1e5, 2e5, { optimizer: SGD, rule: "broken-power" }));
    expect(holdsOf(sgd, "optimizer-of-the-rule")).toBe(false);
  });

  it("counts sequences as examples where their length is given", () => {
    const data = { trainingTokens: 2e10, sequenceLengthTokens: 2048 };
    const inExamples = {
      ...LANGUAGE_MODEL,
      data,
      optimizer: { kind: "adamw" },
      from: { batchExamples: 64, peakLearningRate: 1e-3 },
      to: { batchExamples: 256 },
    };
    expect(rateOf(inExamples)).toBe(rateOf(pretraining(64 * 2048, 256 * 2048)));
    const unknown = ask({ ...inExamples, data: LANGUAGE_MODEL.data, rule: "broken-power" });
    expect(unknown.status).toBe("refused");
    expect(noticeNames(unknown)).toContain("laws-not-used");
  });

  it("warns of the other rules that raise the learning rate past the optimal batch", () => {
    const over = { rule: "square-root" };
    expect(noticeNames(ask(pretraining(B_OPT / 4, 4 * B_OPT, over)))).toContain(
      "raises-learning-rate-past-optimal-batch",
    );
    expect(noticeNames(ask(pretraining(B_OPT / 4, B_OPT / 2, over)))).not.toContain(
      "raises-learning-rate-past-optimal-batch",
    );
  });

  it("warns outside the sizes it was fitted on", () => {
    const large = { model: { nonEmbeddingParams: 7e10 }, data: { trainingTokens: 1e12 } };
    expect(noticeNames(ask(pretraining(1e6, 2e6, large)))).toContain(
      "broken-power-outside-its-fit",
    );
    expect(noticeNames(ask(pretraining(1e6, 2e6)))).not.toContain("broken-power-outside-its-fit");
  });
});

describe("auto", () => {
  it.each([
    ["SGD, nothing known", { optimizer: SGD }, "linear", "precondition-unknown"],
    ["SGD far below the noise", { optimizer: SGD, noiseScale: noise(1e5) }, "linear", "ok"],
    ["SGD near the noise scale", { optimizer: SGD, noiseScale: noise(1024) }, "saturating", "ok"],
    ["Adam, nothing known", {}, "square-root", "precondition-unknown"],
    ["Adam below the noise scale", { noiseScale: noise(4096) }, "square-root", "ok"],
    ["Adam above the noise scale", { noiseScale: noise(512) }, "saturating", "ok"],
    ["AdamW on a language model", pretraining(1e5, 1e6), "broken-power", "ok"],
    ["Muon, nothing known", { optimizer: { kind: "muon" } }, "square-root", "precondition-unknown"],
    [
      "Muon on a language model",
      pretraining(1e5, 1e6, { optimizer: { kind: "muon" } }),
      "broken-power",
      "precondition-unknown",
    ],
  ])("%s", (_case, over, rule, status) => {
    const answer = ask(over);
    expect([answer.rule, answer.status]).toEqual([rule, status]);
    expect(answer.reason).toMatch(/^For /);
  });

  it("gives what the same rule gives when asked for", () => {
    for (const over of [{}, { noiseScale: noise(512) }, pretraining(1e5, 1e6)]) {
      const { reason, ...answer } = ask(over);
      const { reason: _, ...asked } = ask({ ...over, rule: answer.rule });
      expect(answer).toEqual(asked);
    }
  });

  it("never offers a rule twice, and no refused one", () => {
    for (const { id } of RULES) {
      const answer = ask({ ...pretraining(1e5, 1e6), rule: id });
      const ids = answer.alternatives.map(({ rule }) => rule);
      expect(ids).not.toContain(answer.rule);
      expect(ids).not.toContain("linear");
      expect(new Set(ids).size).toBe(ids.length);
    }
  });
});
