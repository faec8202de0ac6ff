import type { NoiseScaleRequest } from "../generated/schema.ts";
import type { Command } from "./command.ts";
import { bodyOf, LEVEL, PIN } from "./command-parts.ts";
import { number, text } from "./flags.ts";
import { readMeasurements } from "./request-text.ts";
import { showNoiseScale } from "./show-noise.ts";

export const NOISE: Command = {
  name: "noise",
  summary: "gradient noise scale from gradient norms that your training measured",
  takes: [],
  file: {
    holds:
      "holds what was measured: the JSON body of the request, or observations alone, as a JSON array,\n" +
      "as one JSON object a line, or as CSV with a header; columns step, smallBatch, bigBatch,\n" +
      "smallBatchGradSqNorm, bigBatchGradSqNorm and, if there are such, smallBatchCount, reporter, group.\n" +
      "Observations alone need --unit, --reduction and --clipped",
    read: readMeasurements,
  },
  flags: [
    text("unit", "/unit", "what batch sizes count: sequences, tokens or examples"),
    text("reduction", "/reduction", "whether gradients are a mean or a sum over their batch"),
    {
      name: "clipped",
      place: "/clipped",
      kind: "yes-no",
      help: "whether norms were read after clipping; only no is taken",
    },
    number(
      "micro-grad-scale",
      "/microGradScale",
      "factor on the small gradients, such as 1 / accumulation steps (1)",
    ),
    text("preconditioner", "/preconditioner", "none (default) or adam"),
    number("block-steps", "/blockSteps", "steps of one block for the error bars"),
    LEVEL,
    PIN,
  ],
  examples: [
    "critbatch noise measured.json",
    "critbatch noise norms.csv --unit sequences --reduction mean --clipped no",
    "critbatch noise norms.jsonl --unit sequences --reduction mean --clipped no --json",
  ],
  ask: async (client, question) => {
    const request = bodyOf(
      question,
      "a file with what was measured, or - for standard input",
    ) as NoiseScaleRequest;
    const answer = await client.estimateNoiseScale(request);
    return { answer, text: (paint) => showNoiseScale(answer, paint) };
  },
};
