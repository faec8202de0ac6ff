/** One line about every term of the page, and the heading of docs/method.md that says more (checked by the build). */
export const TERMS = {
  params: {
    name: "Parameters",
    text: "Number of weights in the model. Laws count them with or without embeddings; say which count yours is.",
    anchor: "three-batch-sizes-never-mixed",
  },
  tokens: {
    name: "Training tokens",
    text: "Every token that the run processes; repeated tokens count each time.",
    anchor: "three-batch-sizes-never-mixed",
  },
  batch: {
    name: "Batch",
    text: "Tokens per optimizer step over all devices: sequences times sequence length.",
    anchor: "policy",
  },
  optimal: {
    name: "Optimal batch",
    text: "The batch size with the lowest final loss for your parameters and tokens (B_opt).",
    anchor: "three-batch-sizes-never-mixed",
  },
  critical: {
    name: "Critical batch",
    text: "The batch size that reaches a loss with twice the minimum tokens and twice the minimum steps (B_c).",
    anchor: "three-batch-sizes-never-mixed",
  },
  wall: {
    name: "Wall",
    text: "Above this batch size no number of extra parameters recovers the loss at the same tokens.",
    anchor: "price-of-a-batch-above-the-critical-one",
  },
  price: {
    name: "Price of a batch",
    text: "How many more parameters, or tokens, this batch size needs to reach the loss of the optimal one.",
    anchor: "price-of-a-batch-above-the-critical-one",
  },
  rate: {
    name: "Peak learning rate",
    text: "The highest learning rate of the schedule, after warm-up.",
    anchor: "panels-of-laws",
  },
  loss: {
    name: "Final loss",
    text: "Cross-entropy at the end of training, in nats per token. Its level depends on your text and tokenizer.",
    anchor: "the-joint-surface",
  },
  interval: {
    name: "Interval",
    text: "A prediction interval: it should contain the true value with the stated probability.",
    anchor: "how-wide",
  },
  laws: {
    name: "Panel of laws",
    text: "All published laws that apply to your run, weighted by their precision and their distance from it.",
    anchor: "panels-of-laws",
  },
  extrapolation: {
    name: "Extrapolation",
    text: "How far your run lies outside the runs that the law was fitted to, as a factor.",
    anchor: "panels-of-laws",
  },
  surface: {
    name: "Joint loss surface",
    text: "One fit of loss as a function of batch size and learning rate, to the largest public sweep.",
    anchor: "the-joint-surface",
  },
  report: {
    name: "Small or large batch",
    text: "Common claims about small and large batches, and what is known about each for your run.",
    anchor: "the-trade-off-report",
  },
  sequence: {
    name: "Sequence length",
    text: "Tokens in one training sequence. Batches are rounded to whole sequences.",
    anchor: "policy",
  },
  devices: {
    name: "Devices",
    text: "Accelerators that share the batch. With their speed, the answer includes training time.",
    anchor: "policy",
  },
  objective: {
    name: "Objective",
    text: "What to optimize: lowest loss, a balance of loss and steps, shortest time, or fewest device hours.",
    anchor: "policy",
  },
  probe: {
    name: "Probe",
    text: "Short training runs of small models on this service's own CPU.",
    anchor: "probes",
  },
  plan: {
    name: "Plan and cost",
    text: "Floating-point operations of all training runs of the probe: the expected number and the upper limit.",
    anchor: "probes",
  },
  seed: {
    name: "Seed",
    text: "The same seed with the same settings gives exactly the same result.",
    anchor: "probes",
  },
  minSteps: {
    name: "Fewest steps",
    text: "Steps to reach the target loss with a very large batch: the lower limit.",
    anchor: "probes",
  },
  minExamples: {
    name: "Fewest examples",
    text: "Examples needed to reach the target loss with a very small batch: the lower limit.",
    anchor: "probes",
  },
  rho: {
    name: "Critical batch over noise scale",
    text: "The ratio of critical batch to noise scale. A noise scale alone does not determine it.",
    anchor: "probes",
  },
  weight: {
    name: "Weight",
    text: "Share of a law in the combined answer: more for precise laws, less far outside the runs it was fitted to.",
    anchor: "panels-of-laws",
  },
  noise: {
    name: "Noise scale",
    text: "The batch size at which the noise in the gradient is as large as the gradient itself.",
    anchor: "measured-evidence",
  },
} as const;
export type TermId = keyof typeof TERMS;

export const METHOD_PAGE = "/page/method.html";
