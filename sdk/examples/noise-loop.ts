// Measures the gradient noise scale of a small training run and checks it against the exact one: the same
// loop as sdk/python/examples/noise_loop.py. In your own project import from "critbatch".
//
//   CRITBATCH_URL=http://127.0.0.1:8787 node sdk/examples/noise-loop.ts
import { fileURLToPath } from "node:url";
import { Critbatch, type NoiseScaleAnswer, type TwoBatchObservation } from "../index.ts";

const EXAMPLES = 1024;
const INPUTS = 12;
const HIDDEN = 16;
const CLASSES = 3;
const SPLIT = INPUTS * HIDDEN;
const WEIGHTS = SPLIT + HIDDEN * CLASSES;
const MICRO_BATCH = 8;
const MICRO_BATCHES = 32;
const LEARNING_RATE = 0.02;
/** Norms that still fall steeply are no stretch to average over. */
const WARMUP_STEPS = 150;
const REPORT_EVERY = 50;

/** The service's answer, or the last one where there is none: a measurement never stops training. */
async function noiseScale(
  client: Critbatch,
  observations: TwoBatchObservation[],
  last: NoiseScaleAnswer | undefined,
): Promise<NoiseScaleAnswer | undefined> {
  const how = { unit: "examples", reduction: "mean", clipped: false, intervalLevel: 0.95 } as const;
  try {
    const within = { totalTimeoutMs: 2000, retries: 0 };
    return await client.estimateNoiseScale({ ...how, observations }, within);
  } catch (failure) {
    console.error(`no noise scale this time: ${failure}`);
    return last;
  }
}

/** Uniform on [0, 1), the same numbers for the same seed (mulberry32). */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function makeWeights(random: () => number, scale: number): Float64Array {
  return Float64Array.from({ length: WEIGHTS }, (_unused, index) => {
    return (scale * normal(random)) / Math.sqrt(index < SPLIT ? INPUTS : HIDDEN);
  });
}

/** Hidden layer and class probabilities of one example. */
function forward(weights: Float64Array, inputs: Float64Array) {
  const hidden = new Float64Array(HIDDEN);
  const chances = new Float64Array(CLASSES);
  for (let h = 0; h < HIDDEN; h++) {
    let sum = 0;
    for (let i = 0; i < INPUTS; i++) sum += at(inputs, i) * at(weights, i * HIDDEN + h);
    hidden[h] = Math.tanh(sum);
  }
  for (let c = 0; c < CLASSES; c++) {
    let score = 0;
    for (let h = 0; h < HIDDEN; h++) score += at(hidden, h) * at(weights, SPLIT + h * CLASSES + c);
    chances[c] = Math.exp(score);
  }
  const total = chances.reduce((sum, chance) => sum + chance, 0);
  return { hidden, chances: chances.map((chance) => chance / total) };
}

const at = (values: Float64Array, index: number) => values[index] ?? Number.NaN;

interface Example {
  readonly inputs: Float64Array;
  readonly label: number;
}

/** Inputs, and classes drawn from the softmax of a random network: no model fits them exactly. */
function makeData(random: () => number): readonly Example[] {
  const teacher = makeWeights(random, 2);
  return Array.from({ length: EXAMPLES }, () => {
    const inputs = Float64Array.from({ length: INPUTS }, () => normal(random));
    const { chances } = forward(teacher, inputs);
    let left = random();
    const label = chances.findIndex((chance) => {
      left -= chance;
      return left < 0;
    });
    return { inputs, label: label < 0 ? CLASSES - 1 : label };
  });
}

/** Gradient of the cross-entropy of one example. */
function exampleGradient(weights: Float64Array, { inputs, label }: Example): Float64Array {
  const { hidden, chances } = forward(weights, inputs);
  const gradient = new Float64Array(WEIGHTS);
  for (let h = 0; h < HIDDEN; h++) {
    let atHidden = 0;
    for (let c = 0; c < CLASSES; c++) {
      const atScore = at(chances, c) - (c === label ? 1 : 0);
      gradient[SPLIT + h * CLASSES + c] = at(hidden, h) * atScore;
      atHidden += atScore * at(weights, SPLIT + h * CLASSES + c);
    }
    atHidden *= 1 - at(hidden, h) ** 2;
    for (let i = 0; i < INPUTS; i++) gradient[i * HIDDEN + h] = at(inputs, i) * atHidden;
  }
  return gradient;
}

function sqNorm(vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += at(vector, i) ** 2;
  return sum;
}

/** Mean of gradients, and the mean of their squared norms. */
function average(gradients: readonly Float64Array[]) {
  const mean = new Float64Array(WEIGHTS);
  let sqNorms = 0;
  for (const gradient of gradients) {
    for (let i = 0; i < WEIGHTS; i++) mean[i] = at(mean, i) + at(gradient, i);
    sqNorms += sqNorm(gradient);
  }
  return {
    mean: mean.map((sum) => sum / gradients.length),
    sqNorms: sqNorms / gradients.length,
  };
}

/** tr(Sigma) and |G|^2 of the whole population of examples, at these weights. */
function exactMoments(weights: Float64Array, data: readonly Example[]) {
  const { mean, sqNorms } = average(data.map((example) => exampleGradient(weights, example)));
  const gradSqNorm = sqNorm(mean);
  return { traceSigma: sqNorms - gradSqNorm, gradSqNorm };
}

/** Means of micro-batches drawn with replacement: examples are independent, the population is the data. */
function microGradients(weights: Float64Array, data: readonly Example[], random: () => number) {
  const draw = () => data[Math.floor(random() * data.length)] as Example;
  return Array.from({ length: MICRO_BATCHES }, () => {
    const gradients = Array.from({ length: MICRO_BATCH }, () => exampleGradient(weights, draw()));
    return average(gradients).mean;
  });
}

/** Trains, reports, and returns the last answer with the exact value over the same steps. */
export async function measureWhileTraining(
  client: Critbatch,
  { seed = 1, steps = 200 }: { readonly seed?: number; readonly steps?: number } = {},
): Promise<{ readonly answer: NoiseScaleAnswer | undefined; readonly exact: number }> {
  const random = uniforms(seed);
  const data = makeData(random);
  const weights = makeWeights(random, 1);
  const observations: TwoBatchObservation[] = [];
  const exact = { traceSigma: 0, gradSqNorm: 0 };
  let answer: NoiseScaleAnswer | undefined;
  for (let step = 0; step < WARMUP_STEPS + steps; step++) {
    const { mean, sqNorms } = average(microGradients(weights, data, random));
    if (step >= WARMUP_STEPS) {
      observations.push({
        step,
        smallBatch: MICRO_BATCH,
        bigBatch: MICRO_BATCH * MICRO_BATCHES,
        smallBatchCount: MICRO_BATCHES,
        smallBatchGradSqNorm: sqNorms,
        bigBatchGradSqNorm: sqNorm(mean),
      });
      // The service answers a ratio of averages over the steps, so both parts are added up.
      const { traceSigma, gradSqNorm } = exactMoments(weights, data);
      exact.traceSigma += traceSigma;
      exact.gradSqNorm += gradSqNorm;
    }
    for (let i = 0; i < WEIGHTS; i++) weights[i] = at(weights, i) - LEARNING_RATE * at(mean, i);
    if (observations.length > 0 && step % REPORT_EVERY === REPORT_EVERY - 1) {
      answer = await noiseScale(client, observations, answer);
    }
  }
  return { answer, exact: exact.traceSigma / exact.gradSqNorm };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const client = new Critbatch({
    baseUrl: process.env["CRITBATCH_URL"] ?? "http://127.0.0.1:8787",
  });
  const { answer, exact } = await measureWhileTraining(client);
  console.log(answer?.status === "resolved" ? answer.bSimple : answer);
  console.log(`exact, from the gradients of all ${EXAMPLES} examples at every step: ${exact}`);
}
