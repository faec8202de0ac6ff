/** One line on every term of the page, and where docs/method.md says more (checked by the build). */
export const TERMS = {
  params: {
    name: "Parameters",
    text: "Weights of the model. Laws count them with or without embeddings; choose which yours is.",
    anchor: "three-batch-sizes-never-mixed",
  },
  tokens: {
    name: "Training tokens",
    text: "All tokens the run will process, repeats included.",
    anchor: "three-batch-sizes-never-mixed",
  },
  batch: {
    name: "Batch",
    text: "Tokens in one optimizer step over all devices: sequences times sequence length.",
    anchor: "policy",
  },
  optimal: {
    name: "Optimal batch",
    text: "The batch with the lowest final loss at your parameters and tokens (B_opt).",
    anchor: "three-batch-sizes-never-mixed",
  },
  critical: {
    name: "Critical batch",
    text: "Where one loss costs twice the fewest tokens and twice the fewest steps (B_c).",
    anchor: "three-batch-sizes-never-mixed",
  },
  wall: {
    name: "Wall",
    text: "Beyond this batch no number of parameters wins the loss back at the same tokens.",
    anchor: "price-of-a-batch-above-the-critical-one",
  },
  price: {
    name: "Price of a batch",
    text: "How many more parameters, or tokens, bring a batch back to the loss of the optimal one.",
    anchor: "price-of-a-batch-above-the-critical-one",
  },
  rate: {
    name: "Peak learning rate",
    text: "The highest learning rate of the schedule, after warm-up.",
    anchor: "panels-of-laws",
  },
  loss: {
    name: "Final loss",
    text: "Cross-entropy in nats per token at the end. Its level depends on text and tokenizer; differences travel.",
    anchor: "the-joint-surface",
  },
  interval: {
    name: "Interval",
    text: "A predictive interval: at the stated level it is meant to hold the quantity itself.",
    anchor: "how-wide",
  },
  laws: {
    name: "Panel of laws",
    text: "Every published law that says something of your run, weighted by how sure and how near it is.",
    anchor: "panels-of-laws",
  },
  extrapolation: {
    name: "Extrapolation",
    text: "How far your run lies outside the runs a law was fitted on, as a factor.",
    anchor: "panels-of-laws",
  },
  surface: {
    name: "Joint surface",
    text: "Loss over batch and learning rate, fitted on the largest public sweep.",
    anchor: "the-joint-surface",
  },
  report: {
    name: "Small against large",
    text: "What people say of small and large batches, and what is known of it for your run.",
    anchor: "the-trade-off-report",
  },
  sequence: {
    name: "Sequence length",
    text: "Tokens in one training sequence; batches come in whole sequences.",
    anchor: "policy",
  },
  devices: {
    name: "Devices",
    text: "Accelerators that share the batch; with their speed the answer speaks of time.",
    anchor: "policy",
  },
  objective: {
    name: "Objective",
    text: "Lowest loss, a balance of loss and steps, shortest time, or least device hours.",
    anchor: "policy",
  },
  probe: {
    name: "Probe",
    text: "A short real training run of small models on this service's own CPU.",
    anchor: "probes",
  },
  plan: {
    name: "Plan and cost",
    text: "Floating-point operations of all training runs of the probe: expected, and at most.",
    anchor: "probes",
  },
  seed: {
    name: "Seed",
    text: "The same seed with the same settings gives the same probe, number for number.",
    anchor: "probes",
  },
  minSteps: {
    name: "Fewest steps",
    text: "Steps to the target that no batch, however large, goes below.",
    anchor: "probes",
  },
  minExamples: {
    name: "Fewest examples",
    text: "Examples to the target that no batch, however small, goes below.",
    anchor: "probes",
  },
  rho: {
    name: "Critical batch over noise scale",
    text: "How many times the noise scale the critical batch is: what a noise scale alone leaves open.",
    anchor: "probes",
  },
  weight: {
    name: "Weight",
    text: "Share of a law in the pooled answer: more for a sharper law, less for one far outside its runs.",
    anchor: "panels-of-laws",
  },
  noise: {
    name: "Noise scale",
    text: "The batch at which the noise of a gradient is as large as the gradient itself.",
    anchor: "measured-evidence",
  },
} as const;
export type TermId = keyof typeof TERMS;

export const METHOD_PAGE = "/page/method.html";
