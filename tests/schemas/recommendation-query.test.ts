import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { queryToRequest, recommendationQuery } from "../../schemas/recommendations/query.ts";
import { recommendationRequest } from "../../schemas/recommendations/request.ts";

const FULL = {
  nonEmbeddingParams: "1e9",
  trainingTokens: "20000000000",
  trainingFlops: "1.2e+20",
  sequenceLengthTokens: "2048",
  uniqueTokens: "2E10",
  batchTokens: "524288",
  peakLearningRate: ".0003",
  optimizer: "adamw",
  schedule: "wsd",
  objective: "time",
  task: "lm-pretraining",
  devices: "64",
  flopPerSecondPerDevice: "4e14",
  stepOverheadMs: "0",
  maxMicroBatchSequences: "8",
  intervalLevel: "0.9",
  modelVersion: "2026.11.2",
};

describe("the quick form of a recommendation", () => {
  it("means the same as the full form", () => {
    expect(queryToRequest(recommendationQuery.parse(FULL))).toEqual({
      task: "lm-pretraining",
      model: { nonEmbeddingParams: 1e9 },
      data: { trainingTokens: 2e10, sequenceLengthTokens: 2048, uniqueTokens: 2e10 },
      compute: { trainingFlops: 1.2e20 },
      optimizer: { kind: "adamw" },
      schedule: { kind: "wsd" },
      objective: "time",
      hardware: {
        devices: 64,
        flopPerSecondPerDevice: 4e14,
        stepOverheadMs: 0,
        maxMicroBatchSequences: 8,
      },
      current: { batchTokens: 524288, peakLearningRate: 3e-4 },
      intervalLevel: 0.9,
      modelVersion: "2026.11.2",
    });
  });

  it("makes only the blocks that were asked about", () => {
    const blocksOf = (query: object) =>
      Object.keys(queryToRequest(recommendationQuery.parse(query)));
    expect(blocksOf({})).toEqual([]);
    expect(blocksOf({ totalParams: "1e9" })).toEqual(["model"]);
    expect(blocksOf({ batchTokens: "1e6" })).toEqual(["current"]);
  });

  it("makes a body that the full form takes, whatever part of it is given", () => {
    const parts = fc.subarray(Object.entries(FULL));
    fc.assert(
      fc.property(parts, (entries) => {
        const request = queryToRequest(recommendationQuery.parse(Object.fromEntries(entries)));
        expect(recommendationRequest.parse(JSON.parse(JSON.stringify(request)))).toEqual(request);
      }),
      { seed: 2 },
    );
  });

  it.each([
    "",
    " ",
    "0x10",
    "1,000",
    "1_000",
    "Infinity",
    "NaN",
    "1B",
    "1e9 ",
    "1e",
    "--1",
    "1e999",
  ])("refuses %j as a number and says where", (trainingTokens) => {
    const parsed = recommendationQuery.safeParse({ trainingTokens });
    expect(parsed.success).toBe(false);
    expect(new Set(parsed.error?.issues.map(({ path }) => path.join("/")))).toEqual(
      new Set(["trainingTokens"]),
    );
  });

  it("says how a number is written", () => {
    const parsed = recommendationQuery.safeParse({ trainingTokens: "1,000" });
    expect(parsed.error?.issues[0]?.message).toContain("written like 1e9");
  });

  it.each([
    ["nonEmbeddingParams", "-1e9"],
    ["trainingTokens", "1e30"],
    ["sequenceLengthTokens", "2048.5"],
    ["batchTokens", "0"],
    ["peakLearningRate", "0"],
    ["intervalLevel", "0.999"],
    ["optimizer", "lion"],
    ["objective", ""],
    ["devices", "0"],
  ])("refuses %s=%s out of range and names it", (name, value) => {
    const parsed = recommendationQuery.safeParse({ [name]: value });
    expect(parsed.error?.issues.map(({ path }) => path.join("/"))).toEqual([name]);
  });

  it("refuses a parameter given twice, an unknown one, and two sizes of one model", () => {
    const placesOf = (query: object) =>
      recommendationQuery.safeParse(query).error?.issues.map(({ path }) => path.join("/"));
    expect(placesOf({ trainingTokens: ["1e9", "2e9"] })).toEqual(["trainingTokens"]);
    expect(placesOf({ params: "1e9" })).toEqual([""]);
    expect(placesOf({ nonEmbeddingParams: "1e9", totalParams: "1e9" })).toEqual(["totalParams"]);
  });
});
