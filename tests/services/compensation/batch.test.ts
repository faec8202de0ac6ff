import { describe, expect, it } from "vitest";
import { type PriceBatchInput, priceBatch } from "../../../api/services/compensation/batch.ts";
import cases from "../../vectors/compensation-cases.json" with { type: "json" };
import kaplan from "../../vectors/compensation-kaplan.json" with { type: "json" };
import serial from "../../vectors/compensation-serial.json" with { type: "json" };
import { noticeNames } from "../notice-names.ts";
import { certain, dense, inputOf, powerLines, price, withinDigits } from "./batch-input.ts";

describe("statuses", () => {
  it("a batch at most the optimal one needs nothing", () => {
    expect(price({ batchTokens: 4e5 }).status).toBe("not-needed");
    expect(price({ batchTokens: 4e5, relativeTo: "optimal-batch" }).status).toBe("not-needed");
  });

  it("a batch above the optimal one that costs less than 0.002 nats against it needs nothing", () => {
    const over = { trainingTokens: 2e12, batchTokens: 7e6, model: dense(7e9) };
    const answer = price({ ...over, relativeTo: "optimal-batch" });
    expect(inputOf(over).bOptTokens).toBeLessThan(over.batchTokens);
    expect(answer.status).toBe("not-needed");
    expect(answer.batchPenaltyNats.value).toBeLessThan(0.002);
    expect(price({ ...over, batchTokens: 1.2e7 }).status).not.toBe("not-needed");
  });

  it("below ten times the parameters in the geometric mean of both forms it is compensable", () => {
    const answer = price();
    if (answer.status !== "compensable") throw new Error(answer.status);
    const { explicit, implicit, parameters } = answer;
    if (explicit.status !== "within-wall" || implicit.status !== "within-wall") {
      throw new Error("both forms are finite");
    }
    withinDigits(
      parameters.paramsRatio.value,
      Math.sqrt(explicit.paramsRatio * implicit.paramsRatio),
    );
    withinDigits(parameters.totalParams.value, parameters.paramsRatio.value * 1e9);
    withinDigits(parameters.extraFlopsRatio.value, parameters.paramsRatio.value - 1);
  });

  it("beyond the implicit wall alone it is impractical, bounded from below by the explicit form", () => {
    const answer = price({ batchTokens: 1.6e7 });
    if (answer.status !== "impractical") throw new Error(answer.status);
    expect(answer.implicit.status).toBe("beyond-wall");
    if (answer.explicit.status !== "within-wall") throw new Error("the explicit form is finite");
    expect(answer.parameters.bound).toBe("lower");
    withinDigits(answer.parameters.paramsRatio.value, answer.explicit.paramsRatio);
    expect(answer.parameters.paramsRatio.interval.upper).toBeNull();
  });

  it("advises a batch below the wall beyond it, and one below the batch itself before it", () => {
    const adviceAt = (batchTokens: number) => {
      const answer = price({ batchTokens });
      if (answer.status !== "impractical") throw new Error(answer.status);
      const { detail } = answer.parameters.needed.find(({ code }) => code === "smaller-batch")!;
      return { detail, wall: answer.implicit.wallBatchTokens };
    };
    const beyond = adviceAt(1.6e7);
    expect(beyond.wall).toBeLessThan(1.6e7);
    expect(beyond.detail).toMatch(/^A batch well below \S+M tokens, with more steps\.$/);
    const before = adviceAt(1e7);
    expect(before.wall).toBeGreaterThan(1e7);
    expect(before.detail).toMatch(
      /^A batch well below this one of 10M tokens \(the wall may be as low as 1\d\.?\d*M\), with more steps\.$/,
    );
  });

  it("finite in both forms but above ten times it is impractical too", () => {
    const answer = price({ batchTokens: 1e7 });
    if (answer.status !== "impractical") throw new Error(answer.status);
    const { explicit, implicit } = answer;
    if (explicit.status !== "within-wall" || implicit.status !== "within-wall") {
      throw new Error("both forms are finite");
    }
    expect(explicit.paramsRatio * implicit.paramsRatio).toBeGreaterThan(100);
    expect(answer.parameters.paramsRatio.interval.upper).toBeNull();
  });

  it("eight critical batches at 1e9 parameters and 2e10 tokens lie beyond the wall", () => {
    const answer = price({ batchTokens: 8 * powerLines(2e10) });
    if (answer.status !== "beyond-wall") throw new Error(answer.status);
    expect(answer.cheaper).toBe("tokens");
    expect(answer.tokens.status).toBe("compensable");
    expect(answer.parameters.needed.map(({ code }) => code)).toContain("smaller-batch");
  });

  it("three critical batches at 1e9 parameters and 2e11 tokens are paid in parameters or tokens", () => {
    const answer = price({ trainingTokens: 2e11, batchTokens: 3 * powerLines(2e11) });
    if (answer.status !== "compensable") throw new Error(answer.status);
    expect(answer.tokens.tokensRatio.value).toBeCloseTo(4, 5);
  });
});

describe("numbers", () => {
  it.each(cases.rows)(
    "the implicit form is the published one for $inputs",
    ({ inputs, expected }) => {
      const answer = price({
        model: dense(inputs.totalParams),
        trainingTokens: inputs.trainingTokens,
        batchTokens: inputs.batchTokens,
        lossLaw: inputs.lossLaw as PriceBatchInput["lossLaw"],
      });
      const { implicit } = answer;
      withinDigits(implicit.batchPenaltyNats, expected.penaltyNats, 1e-9);
      withinDigits(implicit.tokensRatio, expected.tokensRatio, 1e-9);
      withinDigits(implicit.wallBatchTokens, expected.wallBatchTokens, 1e-9);
      if (expected.paramsRatio === null) expect(implicit.status).toBe("beyond-wall");
      else if (implicit.status === "within-wall") {
        withinDigits(implicit.paramsRatio, expected.paramsRatio, 1e-9);
      } else throw new Error("a finite number of parameters is published");
    },
  );

  it.each(kaplan.rows)(
    "the step law prices $inputs from its base batch",
    ({ inputs, expected }) => {
      const answer = price({
        lossLaw: "kaplan2020",
        model: dense(inputs.nonEmbeddingParams),
        trainingTokens: inputs.trainingTokens,
        batchTokens: inputs.batchTokens,
        bCrit: certain(expected.bCritTokens),
        bOptTokens: inputs.baselineBatchTokens,
        relativeTo: "optimal-batch",
      });
      expect(answer.explicit).toEqual(answer.implicit);
      if (answer.explicit.status !== "within-wall") throw new Error("below the wall");
      withinDigits(answer.explicit.paramsRatio, expected.paramsRatio, 1e-9);
      withinDigits(answer.explicit.batchPenaltyNats, expected.penaltyNats, 1e-9);
      withinDigits(answer.explicit.wallBatchTokens, expected.wallBatchTokens, 1e-9);
      const tokens = answer.explicit.tokensRatio * inputs.trainingTokens;
      withinDigits(tokens, expected.trainingTokens, 1e-9);
    },
  );

  it("the wall runs from the implicit to the explicit one", () => {
    const { wallBatchTokens: wall, explicit, implicit } = price();
    withinDigits(wall.interval.lower ?? Number.NaN, implicit.wallBatchTokens);
    withinDigits(wall.interval.upper ?? Number.NaN, explicit.wallBatchTokens);
  });

  it("the interval of the parameters ends at the explicit form of a larger, the implicit of a smaller critical batch", () => {
    const bCrit = powerLines(2e10);
    const answer = price({ batchTokens: 1e6 });
    if (answer.status !== "compensable") throw new Error(answer.status);
    const atUpper = price({ batchTokens: 1e6, bCrit: certain(bCrit * 2) }).explicit;
    const atLower = price({ batchTokens: 1e6, bCrit: certain(bCrit / 2) }).implicit;
    if (atUpper.status !== "within-wall" || atLower.status !== "within-wall") {
      throw new Error("both ends are finite");
    }
    const { lower, upper } = answer.parameters.paramsRatio.interval;
    withinDigits(lower ?? Number.NaN, atUpper.paramsRatio);
    withinDigits(upper ?? Number.NaN, atLower.paramsRatio);
  });

  it("an unbounded critical batch leaves the penalty between nothing and unbounded", () => {
    const bCrit = { value: powerLines(2e10), lower: null, upper: null };
    const { batchPenaltyNats, batchOverCritical } = price({ bCrit });
    expect(batchPenaltyNats.interval).toEqual({ lower: 0, upper: null, level: 0.8 });
    expect(batchOverCritical.interval).toEqual({ lower: 0, upper: null, level: 0.8 });
  });

  it("a certain critical batch without an exponent gives one number and no spread of forms", () => {
    const answer = price({ bCrit: certain(5e6), bCritExponent: 0 });
    if (answer.status !== "compensable") throw new Error(answer.status);
    const { value, interval } = answer.parameters.paramsRatio;
    expect([interval.lower, interval.upper]).toEqual([value, value]);
  });
});

describe("baselines", () => {
  it("from the optimal batch nothing is asked for at the optimal batch", () => {
    const input = inputOf({ relativeTo: "optimal-batch" });
    const answer = priceBatch({ ...input, batchTokens: input.bOptTokens }).compensation;
    expect(answer.status).toBe("not-needed");
    expect(answer.batchPenaltyNats.value).toBe(0);
    expect(answer.explicit).toMatchObject({ paramsRatio: 1, tokensRatio: 1, batchPenaltyNats: 0 });
  });

  it("the penalty from the optimal batch is the difference of two from the zero-noise limit", () => {
    const input = inputOf();
    const at = (batchTokens: number) => price({ batchTokens }).explicit.batchPenaltyNats;
    const against = price({ relativeTo: "optimal-batch" }).explicit.batchPenaltyNats;
    withinDigits(against, at(input.batchTokens) - at(input.bOptTokens), 1e-9);
  });
});

describe("the way of tokens", () => {
  it("enough distinct tokens change nothing", () => {
    const free = price();
    expect(price({ uniqueTokens: 1e12 })).toEqual(free);
  });

  it("up to four epochs the repeats are counted", () => {
    const free = price();
    const repeated = price({ uniqueTokens: 2e10 });
    if (free.status !== "compensable" || repeated.status !== "compensable") throw new Error();
    expect(repeated.tokens.status).toBe("compensable");
    expect(repeated.tokens.tokensRatio.value).toBeGreaterThan(free.tokens.tokensRatio.value);
  });

  it("repeats are priced with a constant that is unverified, and said so", () => {
    const codes = (uniqueTokens: number, batchTokens = 4e6) =>
      noticeNames(priceBatch(inputOf({ uniqueTokens, batchTokens })));
    for (const few of [2e10, 5e9]) expect(codes(few)).toContain("repetition-constant-unverified");
    expect(codes(1e12)).not.toContain("repetition-constant-unverified");
    expect(codes(5e9, 1e4)).not.toContain("repetition-constant-unverified");
  });

  it.each([
    [5e9, 4e6],
    [2e10, 4e7],
  ])(
    "beyond four epochs the %d distinct tokens are the limit, and so many would do",
    (uniqueTokens, batchTokens) => {
      const tokensOf = (unique: number) => {
        const answer = price({ uniqueTokens: unique, batchTokens });
        if (answer.status === "not-needed") throw new Error("the batch is large");
        return answer.tokens;
      };
      const tokens = tokensOf(uniqueTokens);
      if (tokens.status !== "limited-by-unique-tokens") throw new Error(tokens.status);
      expect(tokensOf(tokens.neededUniqueTokens * 1.0001).status).toBe("compensable");
      expect(tokensOf(tokens.neededUniqueTokens * 0.999).status).toBe("limited-by-unique-tokens");
    },
  );

  it("a limit on steps closes it, and beyond the wall nothing is left", () => {
    const limited = price({ maxSteps: 6000 });
    if (limited.status !== "compensable") throw new Error(limited.status);
    expect(limited.tokens.status).toBe("limited-by-steps");
    expect(limited.cheaper).toBe("parameters");
    const lost = price({ batchTokens: 4.5e7, maxSteps: 500 });
    if (lost.status !== "beyond-wall") throw new Error(lost.status);
    expect(lost.cheaper).toBe("neither");
  });

  it("an over-trained run pays in parameters below the break-even batch, in tokens above it", () => {
    const run = { model: dense(7e9), trainingTokens: 2e12, bCrit: certain(powerLines(2e12)) };
    const below = price({ ...run, batchTokens: 3e7 });
    if (below.status !== "compensable") throw new Error(below.status);
    expect(below.breakEvenBatchTokens.interval.lower).toBeGreaterThan(3e7);
    expect(below.cheaper).toBe("parameters");
    const balanced = price({ batchTokens: 2e6 });
    expect(balanced.status === "compensable" && balanced.cheaper).toBe("tokens");
    expect(balanced.breakEvenBatchTokens.value).toBe(0);
  });
});

describe("serial budget", () => {
  it.each(serial.rows)("the cheapest run in $inputs.steps steps is the published one", (row) => {
    const { inputs, expected } = row;
    const params = inputs.referenceParams;
    const trainingTokens = inputs.referenceFlops / (6 * params);
    const answer = price({
      model: dense(params),
      trainingTokens,
      batchTokens: 4e6,
      bCrit: certain(powerLines(trainingTokens)),
      maxSteps: inputs.steps,
    });
    if (answer.serialBudget?.status !== "ok") throw new Error("above the floor");
    withinDigits(answer.serialBudget.totalParams.value, expected.params);
    withinDigits(answer.serialBudget.trainingTokens.value, expected.tokens);
    withinDigits(answer.serialBudget.batchTokens.value, expected.batchTokens);
    withinDigits(answer.serialBudget.flopsRatio.value, expected.flopsRatio);
    withinDigits(answer.serialBudget.minSteps.value, expected.minSteps);
  });

  it("fewer steps than the floor are told so, and without a limit there is none", () => {
    expect(price({ maxSteps: 500 }).serialBudget?.status).toBe("below-floor");
    expect(price()).not.toHaveProperty("serialBudget");
  });
});

describe("warnings", () => {
  it("loss and critical batch of different data are said to be so, a given or own one is not", () => {
    const codes = (bCritCluster: string) =>
      priceBatch(inputOf({ bCritCluster })).warnings.map(({ code }) => code);
    expect(codes("bergsma2025-power-lines")).toEqual([
      "loss-and-critical-batch-from-different-data",
    ]);
    expect(codes("given")).toEqual([]);
  });

  it("a run outside the fitted range of the loss law is told so", () => {
    const codes = (params: number) => price({ model: dense(params) }).caveats.map((c) => c.code);
    expect(codes(1e12)).toContain("loss-law-extrapolated");
    expect(codes(1e9)).not.toContain("loss-law-extrapolated");
  });
});
