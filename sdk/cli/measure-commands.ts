import type { BatchRescaleRequest, NoiseScaleRequest } from "../generated/schema.ts";
import type { Command } from "./command.ts";
import { number, text } from "./flags.ts";
import { bodyOf } from "./request-body.ts";
import { showNoiseScale } from "./show-noise-scale.ts";
import { showRescale } from "./show-rescale.ts";

export const NOISE: Command = {
  name: "noise",
  summary: "gradient noise scale from gradient norms measured in your own training",
  takes: [],
  flags: [
    text("unit", "/unit", "what the batch sizes count: sequences, tokens or examples"),
    text("reduction", "/reduction", "mean or sum, of the losses behind the gradients"),
    number("block-steps", "/blockSteps", "steps of one block of the error bars"),
    number("level", "/intervalLevel", "coverage of the intervals, 0.5 to 0.99 (0.95)"),
  ],
  examples: ["critbatch noise norms.json", "critbatch noise - --unit sequences --level 0.8"],
  ask: async (client, question) => {
    const request = bodyOf(question, "after a file with the observations");
    const answer = await client.estimateNoiseScale(request as unknown as NoiseScaleRequest);
    return { answer, text: (paint) => showNoiseScale(answer, paint) };
  },
};

export const RESCALE: Command = {
  name: "rescale",
  summary: "a configuration that works at one batch, moved to another",
  takes: [],
  flags: [
    number("from-batch", "/from/batchTokens", "batch that works, in tokens"),
    number("to-batch", "/to/batchTokens", "batch to move to, in tokens"),
    number("lr", "/from/peakLearningRate", "peak learning rate that works"),
    text("optimizer", "/optimizer/kind", "adamw, adam, sgd, momentum or muon"),
    text("rule", "/rule", "auto (default), linear, square-root, sde, saturating or broken-power"),
    number("warmup-tokens", "/from/warmupTokens", "warm-up that works, in tokens"),
    number("weight-decay", "/optimizer/weightDecay", "weight decay that works"),
    number("beta1", "/optimizer/adamBeta1", "Adam's beta1"),
    number("beta2", "/optimizer/adamBeta2", "Adam's beta2"),
    number("epsilon", "/optimizer/adamEpsilon", "Adam's epsilon"),
    number("params", "/model/nonEmbeddingParams", "parameters without embeddings"),
    number("tokens", "/data/trainingTokens", "tokens of the whole run"),
    number("level", "/intervalLevel", "coverage of the intervals, 0.5 to 0.99 (0.8)"),
  ],
  examples: [
    "critbatch rescale --from-batch 512k --to-batch 2M --lr 6e-4 --optimizer adamw --params 1e9 --tokens 2e10",
    "critbatch rescale rescale.json --rule sde --json",
  ],
  ask: async (client, question) => {
    const needed = "--from-batch, --to-batch, --lr and --optimizer";
    const request = bodyOf(question, needed) as unknown as BatchRescaleRequest;
    const answer = await client.rescaleBatch(request);
    return { answer, text: (paint) => showRescale(answer, paint) };
  },
};
