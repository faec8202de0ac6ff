import { z } from "@hono/zod-openapi";
import { modelVersion, modelVersionPin, quantity } from "../common.ts";

const flops = (description: string, example: number) =>
  quantity({ unit: "FLOP", lower: 0, upper: 1e15, description, example });

const engine = z.enum(["fused", "tfjs"]).openapi({
  description: "Engine that runs it; recommendations and empty need none.",
  example: "fused",
});

const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .openapi({
    description: "SHA-256 of the computed values: equal in every run of one engine and version.",
    example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  });

export const workloadName = z
  .enum(["empty", "gemm", "recommendations", "train-mlp", "train-transformer"])
  .openapi("WorkloadName", { description: "A fixed workload.", example: "gemm" });

const workload = z
  .strictObject({
    workload: workloadName,
    description: z.string().openapi({
      description: "What one repeat does.",
      example: "8 products of two 256 x 256 matrices of float32.",
    }),
    engines: z.array(engine).openapi({ description: "Engines that can run it; none needed: []." }),
    flopsPerRepeat: flops(
      "2 x the multiply-adds of its matrix products, in one repeat.",
      268435456,
    ),
  })
  .openapi("Workload", { description: "A fixed workload to measure a service with." });

/** Answer of GET /v1/benchmarks. */
export const benchmarkList = z
  .strictObject({
    workloads: z.array(workload).openapi({ description: "Every workload." }),
    modelVersion,
  })
  .openapi("BenchmarkList", { description: "Workloads that measure this service." });

/** Body of POST /v1/benchmarks/{workload}/runs. */
export const benchmarkRequest = z
  .strictObject({
    engine: engine.optional(),
    repeats: quantity({
      unit: "repeats",
      lower: 1,
      upper: 32,
      integer: true,
      description: "How often the work is done in this run; 1 when absent.",
      example: 1,
    }).optional(),
    modelVersion: modelVersionPin,
  })
  .openapi("BenchmarkRequest", {
    description: "How a workload is run.",
    example: { engine: "fused" },
  });
export type BenchmarkRequest = z.infer<typeof benchmarkRequest>;

/** Answer of POST /v1/benchmarks/{workload}/runs. */
export const benchmarkRun = z
  .strictObject({
    workload: workloadName,
    engine: engine.optional(),
    repeats: quantity({
      unit: "repeats",
      lower: 1,
      upper: 32,
      integer: true,
      description: "How often the work was done.",
      example: 1,
    }),
    flops: flops("Of the whole run.", 268435456),
    digest,
    modelVersion,
  })
  .openapi("BenchmarkRun", {
    description: "A run made for this call. It contains no time: the caller measures that.",
  });
export type BenchmarkRun = z.infer<typeof benchmarkRun>;
export type BenchmarkList = z.infer<typeof benchmarkList>;
export type WorkloadName = z.infer<typeof workloadName>;
