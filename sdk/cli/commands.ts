import type { Critbatch } from "../client.ts";
import type {
  CompensationRequest,
  LawId,
  LawPredictionRequest,
  RecommendationRequest,
} from "../generated/schema.ts";
import type { Command, Question, Shown } from "./command.ts";
import { BENCHMARK } from "./command-benchmark.ts";
import { DATASETS } from "./command-datasets.ts";
import { NOISE } from "./command-noise.ts";
import { bodyOf, LEVEL, MODEL, orOptions, PIN, TOKENS } from "./command-parts.ts";
import { PROBE } from "./command-probe.ts";
import { PROBES } from "./command-probes.ts";
import { RESCALE } from "./command-rescale.ts";
import { file, number, text, UsageError } from "./flags.ts";
import { showLaw, showLawList, showPredictions } from "./show-laws.ts";
import { showCompensation } from "./show-price.ts";
import { showRecommendation } from "./show-recommendation.ts";

const RECOMMEND: Command = {
  name: "recommend",
  summary: "batch size, learning rate and parameter count for a planned run",
  takes: [],
  flags: [
    ...MODEL,
    ...TOKENS,
    number("flops", "/compute/trainingFlops", "training FLOPs of the whole run"),
    number("sequence-length", "/data/sequenceLengthTokens", "tokens in a sequence (2048)"),
    number("batch", "/current/batchTokens", "batch used now, in tokens, to be judged"),
    number("lr", "/current/peakLearningRate", "peak learning rate used now, to be judged"),
    number("fixed-batch", "/constraints/batchTokens/fixed", "batch that is decided, in tokens"),
    number("min-batch", "/constraints/batchTokens/min", "smallest batch allowed, in tokens"),
    number("max-batch", "/constraints/batchTokens/max", "largest batch allowed, in tokens"),
    number("max-steps", "/constraints/steps/max", "most optimizer steps allowed"),
    text("objective", "/objective", "loss (default), balanced, time or cost"),
    text("optimizer", "/optimizer/kind", "adamw (default), adam, sgd, momentum or muon"),
    text("schedule", "/schedule/kind", "cosine (default), linear, wsd or constant"),
    text("task", "/task", "lm-pretraining (default), fine-tuning or other"),
    number("devices", "/hardware/devices", "data-parallel devices"),
    number(
      "flops-per-second",
      "/hardware/flopPerSecondPerDevice",
      "FLOP/s that one device reaches in training",
    ),
    number("step-overhead-ms", "/hardware/stepOverheadMs", "fixed time of a step, in ms"),
    number(
      "max-micro-batch",
      "/hardware/maxMicroBatchSequences",
      "sequences that fit one device at a time",
    ),
    file(
      "noise",
      "/evidence/noiseScale",
      "noise scale of your own run: what critbatch noise --json printed",
    ),
    file("probe", "/evidence/probe", "a probe on your sample: what critbatch probe --json printed"),
    text("probe-id", "/evidence/probeId", "the same, as the service has it stored under this id"),
    LEVEL,
    PIN,
  ],
  examples: [
    "critbatch recommend --params 1e9 --tokens 2e10",
    "critbatch recommend --params 1.3B --tokens 300B --batch 4M --lr 2e-4",
    "critbatch recommend request.json --objective balanced --json",
  ],
  ask: async (client, question) => {
    const needed = orOptions("such as --params and --tokens");
    const request = bodyOf(question, needed) as RecommendationRequest;
    const answer = await client.recommend(request);
    return { answer, text: (paint) => showRecommendation(answer, paint) };
  },
};

const COMPENSATE: Command = {
  name: "compensate",
  summary: "what a batch costs, and whether parameters or tokens pay it",
  takes: [],
  flags: [
    ...MODEL,
    ...TOKENS,
    number("batch", "/batchTokens", "the batch to be priced, in tokens"),
    text("loss-law", "/lossLaw", "besiroglu2024 (default), hoffmann2022-approach3 or kaplan2020"),
    text("relative-to", "/relativeTo", "zero-noise-limit (default) or optimal-batch"),
    {
      name: "critical-batch",
      place: "/bCritTokens",
      kind: "given",
      help: "your own critical batch, in tokens",
    },
    number("max-steps", "/steps/max", "most optimizer steps allowed"),
    LEVEL,
    PIN,
  ],
  examples: [
    "critbatch compensate --params 1e9 --tokens 2e11 --batch 48M",
    "critbatch compensate --params 1B --tokens 20B --batch 4M --max-steps 4k",
  ],
  ask: async (client, question) => {
    const needed = orOptions("--batch, --tokens and --params");
    const answer = await client.compensate(bodyOf(question, needed) as CompensationRequest);
    return { answer, text: (paint) => showCompensation(answer, paint) };
  },
};

const LAWS: Command = {
  name: "laws",
  summary: "the published laws, one of them, or what one predicts",
  takes: ["[LAW]"],
  flags: [
    number("params", "/nonEmbeddingParams", "parameters without embeddings"),
    number("total-params", "/totalParams", "all parameters"),
    number("tokens", "/trainingTokens", "tokens of the whole run"),
    number("flops", "/trainingFlops", "training FLOPs of the whole run"),
    number("loss", "/lossNats", "loss in nats per token"),
    number("sequence-length", "/sequenceLengthTokens", "tokens in a sequence"),
    number("batch", "/batchTokens", "batch in tokens"),
    number("lr", "/peakLearningRate", "peak learning rate"),
    number("noise-scale", "/bNoiseTokens", "gradient noise scale in tokens"),
    LEVEL,
    PIN,
  ],
  examples: [
    "critbatch laws",
    "critbatch laws li2025-step-law",
    "critbatch laws li2025-step-law --params 1e9 --tokens 2e10",
  ],
  whenNotFound: "critbatch laws lists every law",
  ask: askLaws,
};

/** Every command; a new one is a new entry. */
export const COMMANDS: readonly Command[] = [
  RECOMMEND,
  NOISE,
  COMPENSATE,
  RESCALE,
  PROBE,
  ...PROBES,
  ...DATASETS,
  LAWS,
  BENCHMARK,
];

async function askLaws(client: Critbatch, { names, body }: Question): Promise<Shown> {
  const [name] = names;
  if (name === undefined) {
    if (body !== undefined)
      throw new UsageError("a prediction needs a law: critbatch laws LAW ...");
    const answer = await client.listLaws();
    return { answer, text: (paint) => showLawList(answer, paint) };
  }
  // The service says so when there is no such law.
  const lawId = name as LawId;
  if (body === undefined) {
    const answer = await client.getLaw(lawId);
    return { answer, text: (paint) => showLaw(answer, paint) };
  }
  const answer = await client.predictWithLaw(lawId, body as LawPredictionRequest);
  return { answer, text: (paint) => showPredictions(answer, paint) };
}
