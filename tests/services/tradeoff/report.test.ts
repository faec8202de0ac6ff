import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidRequest } from "../../../api/services/shared/invalid-request.ts";
import { reportTradeoff } from "../../../api/services/tradeoff/report.ts";
import {
  type TradeoffReportRequest,
  tradeoffReportAnswer,
  tradeoffReportRequest,
} from "../../../schemas/tradeoff-reports/report.ts";
import { noticeNames } from "../notice-names.ts";
import { anyRequest, logUniform, recommended } from "../recommend/requests.ts";
import {
  CLUSTER,
  noiseScale,
  numberOf,
  PAIR,
  RUN,
  reported,
  rowOf,
  withoutLaws,
} from "./requests.ts";

function refused(over: Partial<TradeoffReportRequest>): string[] {
  try {
    reportTradeoff(tradeoffReportRequest.parse({ ...RUN, ...over }));
  } catch (thrown) {
    if (thrown instanceof InvalidRequest) return thrown.fields.map(({ pointer }) => pointer);
    throw thrown;
  }
  return [];
}

describe("without batches", () => {
  it("compares the recommended one with four critical ones, and says so", () => {
    const answer = reported({});
    const { bCritTokens } = answer.criticalBatch;
    expect(answer.batches.smallBatchTokens).toBe(recommended(RUN).batch.batchTokens.value);
    expect(answer.batches.largeBatchTokens / (4 * bCritTokens.value)).toBeCloseTo(1, 2);
    expect(noticeNames(answer)).toEqual(
      expect.arrayContaining(["smallBatchTokens", "largeBatchTokens", "objective"]),
    );
  });

  it("takes the current batch where it is larger", () => {
    const answer = reported({ current: { batchTokens: 2 ** 26 } });
    expect(answer.batches.largeBatchTokens).toBe(2 ** 26);
  });

  it("stays above a small batch that is itself large", () => {
    const answer = reported({ smallBatchTokens: 2 ** 26 });
    expect(answer.batches.largeBatchTokens).toBe(2 ** 28);
  });

  it("stays below a large batch that is itself small", () => {
    const answer = reported({ largeBatchTokens: 2 ** 16 });
    expect(answer.batches.smallBatchTokens).toBe(2 ** 14);
  });
});

describe("given batches", () => {
  it("are taken as they are, with no word of an assumption", () => {
    const answer = reported(PAIR);
    expect(answer.batches).toEqual(PAIR);
    expect(noticeNames(answer)).not.toContain("objective");
    expect(noticeNames(answer).filter((code) => /^(small|large)-batch/.test(code))).toEqual([]);
  });

  it("are made to fit the machines, and that is said", () => {
    const answer = reported({ ...PAIR, smallBatchTokens: 300001, hardware: { devices: 64 } });
    expect(answer.batches.smallBatchTokens % (64 * 2048)).toBe(0);
    expect(noticeNames(answer)).toContain("small-batch-rounded");
  });

  it("outside the constraints are compared all the same, and that is said", () => {
    const constraints = { batchTokens: { max: 1048576 }, steps: { max: 60000 } };
    const answer = reported({ ...PAIR, constraints });
    expect(noticeNames(answer)).toContain("small-batch-outside-constraints");
    expect(noticeNames(answer)).toContain("large-batch-outside-constraints");
  });

  it.each([
    [
      { smallBatchTokens: 3e10, largeBatchTokens: 4e10 },
      ["/smallBatchTokens", "/largeBatchTokens"],
    ],
    [
      { smallBatchTokens: 2048, largeBatchTokens: 2049 },
      ["/smallBatchTokens", "/largeBatchTokens"],
    ],
    [{ largeBatchTokens: 2048 }, ["/largeBatchTokens"]],
  ])("%j of 2e10 tokens are refused by name", (batches, pointers) => {
    expect(refused(batches)).toEqual(pointers);
  });

  it("in the wrong order, and evidence of a kind that does not exist, are refused by the schema", () => {
    const wrong = { ...RUN, smallBatchTokens: 4096, largeBatchTokens: 2048 };
    expect(tradeoffReportRequest.safeParse(wrong).error?.issues[0]?.path).toEqual([
      "largeBatchTokens",
    ]);
    expect(tradeoffReportRequest.safeParse({ ...RUN, evidence: { probe: {} } }).success).toBe(
      false,
    );
  });
});

describe("the verdict", () => {
  it("says price, way out, time and what is not known", () => {
    const { verdict } = reported({ ...PAIR, hardware: CLUSTER });
    expect(verdict).toMatch(/64 times fewer steps .* ends 0\.\d+ nats higher/);
    expect(verdict).toMatch(/times the tokens .* times the parameters/);
    expect(verdict).toMatch(/hours/);
    expect(verdict).toContain("only training runs show sharpness, path-smoothness");
  });

  it("gives the tokens of the table, counted from the best batch", () => {
    const { verdict, rows } = reported({ ...PAIR, hardware: CLUSTER });
    const cell = rows.find(({ aspect }) => aspect === "tokens-for-equal-loss")?.large;
    if (cell === undefined || !("value" in cell)) throw new Error("no number");
    expect(verdict).toContain(`${Number(cell.value.toPrecision(2))} times the tokens`);
  });

  it("does not send a large batch that ends lower to the loss of a small one that is too small", () => {
    const answer = reported({
      smallBatchTokens: 16384,
      largeBatchTokens: 1048576,
      hardware: { ...CLUSTER, devices: 1 },
    });
    expect(answer.verdict).toMatch(/nats lower: the small one lies below the best batch/);
    expect(answer.verdict).not.toContain("loss of the small one");
    expect(answer.verdict).toContain("By the hyperbola, which sees no harm in too small a batch");
    for (const aspect of ["time-to-equal-loss", "device-hours-to-equal-loss"]) {
      const row = answer.rows.find((one) => one.aspect === aspect);
      expect(row?.finding).toContain("The small batch is below the best one");
    }
  });

  it("finds no fault with two batches near the best one", () => {
    const { curves } = reported({});
    const optimal = curves.lossVsBatch.marks.find(({ id }) => id === "optimal")?.x ?? 0;
    const below = (share: number) => Math.floor((share * optimal) / 2048) * 2048;
    const { verdict } = reported({ smallBatchTokens: below(0.85), largeBatchTokens: below(1) });
    expect(verdict).toContain("same loss within 0.002 nats");
    expect(verdict).toContain("neither more parameters nor more tokens");
  });
});

describe("a task without laws", () => {
  it("with nothing measured says of every row what is missing", () => {
    const answer = withoutLaws({});
    expect(answer.batches).toBeUndefined();
    expect(answer.rows).toHaveLength(20);
    expect(answer.rows.filter(({ status }) => status === "answered")).toEqual([]);
    for (const { small } of answer.rows) {
      if (!("needed" in small)) throw new Error("a number from nothing");
      expect(small.needed.length).toBeGreaterThan(0);
    }
  });

  it("with a noise scale in tokens has its noise, its shares and its batches", () => {
    const answer = withoutLaws({
      data: { trainingTokens: 1e8, sequenceLengthTokens: 1024 },
      evidence: { noiseScale: noiseScale("sequences") },
    });
    const { smallBatchTokens = 0, largeBatchTokens = 0 } = answer.batches ?? {};
    const noise = rowOf(answer, "gradient-noise");
    expect(numberOf(noise.small).value).toBeCloseTo(1024000 / smallBatchTokens, 4);
    expect(numberOf(noise.large).value).toBeCloseTo(1024000 / largeBatchTokens, 4);
    expect(rowOf(answer, "token-efficiency").status).toBe("answered");
    expect(rowOf(answer, "parameters-for-equal-loss").status).toBe("needs-probe");
  });

  it("moves the learning rate of a reference run by the root for Adam and in proportion for SGD", () => {
    const ratio = (kind: "adamw" | "sgd") => {
      const answer = withoutLaws({
        optimizer: { kind },
        smallBatchTokens: 4096,
        largeBatchTokens: 65536,
        evidence: { reference: { batchTokens: 4096, peakLearningRate: 1e-5 } },
      });
      const { small, large } = rowOf(answer, "peak-learning-rate");
      return numberOf(large).value / numberOf(small).value;
    };
    expect(ratio("adamw")).toBeCloseTo(4, 4);
    expect(ratio("sgd")).toBeCloseTo(16, 4);
  });

  it("refuses an advised batch that is no smaller than the large one", () => {
    const over = { largeBatchTokens: 2, evidence: { noiseScale: noiseScale("tokens") } };
    expect(refused({ task: "other", ...over })).toEqual(["/smallBatchTokens"]);
  });
});

const batch = fc.option(logUniform(1, 1e12).map(Math.round), { nil: undefined });

const anyReport = fc
  .tuple(anyRequest, batch, batch)
  .map(([plan, small, large]) => ({
    ...plan,
    ...(small !== undefined && { smallBatchTokens: small }),
    ...(large !== undefined && { largeBatchTokens: large }),
  }))
  .map((body) => tradeoffReportRequest.safeParse(body).data)
  .filter((body) => body !== undefined);

/** The answer as bytes, or the pointers of the fields that the service refuses. */
function outcomeOf(body: TradeoffReportRequest): string | readonly string[] {
  try {
    const answer = reportTradeoff(body);
    expect(tradeoffReportAnswer.parse(answer)).toEqual(answer);
    return JSON.stringify(answer);
  } catch (thrown) {
    if (thrown instanceof InvalidRequest) return thrown.fields.map(({ pointer }) => pointer);
    throw thrown;
  }
}

describe("any request", () => {
  it("gets the same bytes each time in the form of the schema, or is refused by the name of a field", () => {
    let answered = 0;
    fc.assert(
      fc.property(anyReport, (body) => {
        const outcome = outcomeOf(body);
        expect(outcomeOf(body)).toEqual(outcome);
        if (typeof outcome === "string") answered++;
        // The report fixes a batch itself: that must never be what the caller is told.
        else if (body.constraints?.batchTokens?.fixed === undefined) {
          expect(outcome).not.toContain("/constraints/batchTokens/fixed");
        }
      }),
      { numRuns: 500, seed: 11 },
    );
    expect(answered).toBeGreaterThan(50);
  });
});
