import type { BatchRescaleRequest } from "../generated/schema.ts";
import type { Command } from "./command.ts";
import { bodyOf, LEVEL, MODEL, orOptions, PIN, TOKENS } from "./command-parts.ts";
import { file, number, text } from "./flags.ts";
import { showRescale } from "./show-rescale.ts";

export const RESCALE: Command = {
  name: "rescale",
  summary: "settings that work at one batch, moved to another",
  takes: [],
  flags: [
    number("from-batch", "/from/batchTokens", "batch that works, in tokens"),
    number("to-batch", "/to/batchTokens", "new batch, in tokens"),
    number("from-examples", "/from/batchExamples", "batch that works, in examples or sequences"),
    number("to-examples", "/to/batchExamples", "new batch, in examples or sequences"),
    number("lr", "/from/peakLearningRate", "peak learning rate that works"),
    number("warmup-tokens", "/from/warmupTokens", "warm-up that works, in tokens"),
    number("warmup-examples", "/from/warmupExamples", "warm-up that works, in examples"),
    text("optimizer", "/optimizer/kind", "adamw, adam, sgd, momentum or muon"),
    number("beta1", "/optimizer/adamBeta1", "decay of Adam's first moment (0.9)"),
    number("beta2", "/optimizer/adamBeta2", "decay of Adam's second moment (0.999)"),
    number("epsilon", "/optimizer/adamEpsilon", "Adam's epsilon (1e-8)"),
    number("weight-decay", "/optimizer/weightDecay", "weight decay"),
    number("momentum", "/optimizer/momentum", "momentum of SGD or Muon"),
    ...MODEL,
    ...TOKENS,
    number("sequence-length", "/data/sequenceLengthTokens", "tokens in a sequence"),
    file("noise", "/noiseScale", "noise scale of the run: what critbatch noise --json printed"),
    text("rule", "/rule", "auto (default), linear, square-root, sde, saturating or broken-power"),
    LEVEL,
    PIN,
  ],
  examples: [
    "critbatch rescale --from-batch 512k --to-batch 4M --lr 3e-4 --optimizer adamw --params 1B --tokens 100B",
    "critbatch rescale --from-examples 256 --to-examples 1024 --lr 0.1 --optimizer momentum --noise noise.json",
  ],
  ask: async (client, question) => {
    const needed = orOptions("such as --from-batch, --to-batch, --lr and --optimizer");
    const answer = await client.rescaleBatch(bodyOf(question, needed) as BatchRescaleRequest);
    return { answer, text: (paint) => showRescale(answer, paint) };
  },
};
