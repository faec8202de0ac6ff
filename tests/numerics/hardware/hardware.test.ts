import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearestSplit, splitFixedBatch } from "../../../api/numerics/hardware/micro-batch.ts";
import {
  kneeBatchTokens,
  stepSeconds,
  stepsOverMinimum,
  throughputTokensPerSecond,
  timeOptimalBatchTokens,
  tokensOverMinimum,
} from "../../../api/numerics/hardware/step-time.ts";
import time from "../../vectors/hardware-time.json" with { type: "json" };
import tradeOff from "../../vectors/hardware-trade-off.json" with { type: "json" };
import { runVectors } from "../../vectors/run-vectors.ts";

describe("time-optimal batch", () => {
  runVectors(time, ({ stepOverheadSeconds, tokensPerSecond, bCritTokens, minSteps }) => {
    const knee = kneeBatchTokens(stepOverheadSeconds, tokensPerSecond);
    const best = timeOptimalBatchTokens(bCritTokens, knee);
    const runSeconds = (batch: number): number =>
      minSteps *
      stepsOverMinimum(batch, bCritTokens) *
      stepSeconds(batch, stepOverheadSeconds, tokensPerSecond);
    return {
      kneeBatchTokens: knee,
      timeOptimalBatchTokens: best,
      runSeconds: runSeconds(best),
      runSecondsAtCritical: runSeconds(bCritTokens),
      runSecondsAtKnee: runSeconds(knee),
    };
  });

  it("no batch near it makes the run shorter", () => {
    const positive = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(positive, positive, positive, (overhead, thr, bCrit) => {
        const seconds = (batch: number) =>
          stepsOverMinimum(batch, bCrit) * stepSeconds(batch, overhead, thr);
        const best = timeOptimalBatchTokens(bCrit, kneeBatchTokens(overhead, thr));
        for (const factor of [0.5, 0.9, 1.1, 2]) {
          expect(seconds(best)).toBeLessThanOrEqual(seconds(best * factor) * (1 + 1e-12));
        }
      }),
      { seed: 7 },
    );
  });

  it("64 devices at 4e14 FLOP/s feed a model of 1e9 parameters with 4.27e6 tokens a second", () => {
    expect(throughputTokensPerSecond(64, 4e14, 1e9)).toBeCloseTo((64 * 4e14) / 6e9, 3);
  });
});

describe("steps against tokens", () => {
  runVectors(tradeOff, ({ batchTokens, bCritTokens }) => ({
    stepsOverMinimum: stepsOverMinimum(batchTokens, bCritTokens),
    tokensOverMinimum: tokensOverMinimum(batchTokens, bCritTokens),
  }));
});

const count = (max: number) => fc.integer({ min: 1, max });

describe("micro-batches", () => {
  it("micro-batch x accumulation x devices is the batch, exactly, and the micro-batch fits", () => {
    fc.assert(
      fc.property(count(1e6), count(4096), count(1024), (perDevice, devices, maxMicro) => {
        const batch = perDevice * devices;
        const split = splitFixedBatch(batch, devices, maxMicro);
        if (split.status !== "ok") throw new Error("a multiple of the devices divides");
        const { microBatchSequences: micro, gradientAccumulationSteps: steps } = split;
        expect(micro * steps * devices).toBe(batch);
        expect(micro).toBeLessThanOrEqual(maxMicro);
        for (let larger = micro + 1; larger <= Math.min(maxMicro, perDevice); larger++) {
          if (perDevice % larger === 0) throw new Error(`${larger} fits and divides too`);
        }
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it("a batch the devices do not divide has no split", () => {
    expect(splitFixedBatch(100, 64, 8)).toEqual({ status: "not-divisible" });
  });

  it("the nearest split obeys devices, multiple and bounds, or says that none does", () => {
    const target = fc.double({ min: 0.1, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(
        target,
        count(512),
        count(64),
        count(48),
        count(1e5),
        count(1e5),
        (wanted, devices, maxMicro, multiple, min, extra) => {
          const bounds = {
            minSequences: min,
            maxSequences: min + extra,
            multipleOfSequences: multiple,
          };
          const split = nearestSplit(wanted, devices, maxMicro, bounds);
          if (split.status !== "ok") {
            for (let batch = min; batch <= min + extra; batch++) {
              if (batch % devices === 0 && batch % multiple === 0) throw new Error(`${batch} does`);
            }
            return;
          }
          const { batchSequences: batch } = split;
          expect(batch).toBeGreaterThanOrEqual(min);
          expect(batch).toBeLessThanOrEqual(min + extra);
          expect(batch % multiple).toBe(0);
          expect(split.microBatchSequences * split.gradientAccumulationSteps * devices).toBe(batch);
        },
      ),
      { seed: 7, numRuns: 200 },
    );
  });

  it("without bounds the batch is within 5 % of a target of 20 sequences a device or more", () => {
    const perDevice = fc.double({ min: 20, max: 1e5, noNaN: true });
    const free = { minSequences: 1, maxSequences: 1e12, multipleOfSequences: 1 };
    fc.assert(
      fc.property(perDevice, count(1024), count(64), (wanted, devices, maxMicro) => {
        const split = nearestSplit(wanted * devices, devices, maxMicro, free);
        if (split.status !== "ok") throw new Error("one device batch divides");
        expect(Math.abs(split.batchSequences / (wanted * devices) - 1)).toBeLessThan(0.05);
      }),
      { seed: 7 },
    );
  });

  it("a prime number of sequences gives way to a neighbour with a full micro-batch", () => {
    const free = { minSequences: 1, maxSequences: 1e9, multipleOfSequences: 1 };
    expect(nearestSplit(257, 1, 8, free)).toEqual({
      status: "ok",
      batchSequences: 256,
      microBatchSequences: 8,
      gradientAccumulationSteps: 32,
    });
  });

  it("a target of less than one sequence a device is one sequence a device", () => {
    const free = { minSequences: 1, maxSequences: 1e9, multipleOfSequences: 1 };
    expect(nearestSplit(3, 64, 8, free)).toMatchObject({ batchSequences: 64 });
  });

  it("a count that is no whole number above 0 is refused by name", () => {
    expect(() => splitFixedBatch(1.5, 1, 1)).toThrow(/batchSequences/);
    expect(() => splitFixedBatch(8, 0, 1)).toThrow(/devices/);
  });
});
