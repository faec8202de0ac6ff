import type {
  BuiltInModel,
  MatrixEngine,
  ProbeDataset,
  ProbeOptimizer,
  TrainingSession,
  TrainingSpec,
} from "../../api/probe/training-session.ts";
import { plainSpec, relativeDistance } from "../probe/fixtures.ts";
import { randomRows, randomTokens } from "../probe/random-data.ts";

const rows = randomRows(12, 5, 96);
const values = randomRows(12, 3, 96, "squared-error");
const text = randomTokens(20, 600);
const decoder: BuiltInModel = {
  kind: "transformer",
  layers: 1,
  dModel: 8,
  heads: 2,
  contextTokens: 6,
  tiedHead: true,
};

/** A model of every built-in family, activation, loss and head, with data it is trained on. */
export const PARITY_MODELS: readonly {
  readonly name: string;
  readonly model: BuiltInModel;
  readonly dataset: ProbeDataset;
}[] = [
  ...(["relu", "gelu", "tanh"] as const).map((activation) => ({
    name: `mlp ${activation}`,
    model: { kind: "mlp", hiddenWidths: [16, 9], activation } as const,
    dataset: rows,
  })),
  {
    name: "mlp regression",
    model: { kind: "mlp", hiddenWidths: [16], activation: "tanh" },
    dataset: values,
  },
  { name: "transformer", model: decoder, dataset: text },
  {
    name: "transformer, head of its own",
    model: { ...decoder, tiedHead: false },
    dataset: text,
  },
];

const ADAM = { adamBeta1: 0.9, adamBeta2: 0.99, adamEpsilon: 1e-8 };

export const PARITY_OPTIMIZERS: readonly ProbeOptimizer[] = [
  { kind: "sgd", weightDecay: 0.01 },
  { kind: "momentum", momentum: 0.9, weightDecay: 0.01 },
  { kind: "adam", ...ADAM, weightDecay: 0.01 },
  { kind: "adamw", ...ADAM, weightDecay: 0.01 },
];

/** Of the lengths of two gradients, and of the losses of two curves, over 1 + loss. */
export const MOST_GRADIENT_DISTANCE = 1e-4;
export const MOST_LOSS_DISTANCE = 1e-3;

type Pair = readonly [ours: MatrixEngine, theirs: MatrixEngine];
type ParityModel = (typeof PARITY_MODELS)[number];

function specOf(model: BuiltInModel, optimizer: ProbeOptimizer): TrainingSpec {
  const peakLearningRate = optimizer.kind === "sgd" ? 0.05 : 0.005;
  return { ...plainSpec, model, optimizer, peakLearningRate, exampleNorms: false };
}

/** |g - g'| / |g'| of the gradients of both engines at the same weights and examples. */
export function gradientDistance([ours, theirs]: Pair, { model, dataset }: ParityModel): number {
  const spec = specOf(model, { kind: "sgd", weightDecay: 0 });
  const indices = Uint32Array.from({ length: 20 }, (_, i) => 3 * i);
  const [own, other] = [ours, theirs].map((engine) => {
    const measured = engine.open(spec, dataset).measureGradient(indices);
    engine.close?.();
    return measured;
  });
  if (own === undefined || other === undefined) return Number.NaN;
  const apart = Math.abs(own.meanLoss - other.meanLoss) / (1 + other.meanLoss);
  return Math.max(apart, relativeDistance(own.gradient, other.gradient));
}

/** The most by which the losses of one step differ, over 1 + loss. */
export function lossDistance(
  [ours, theirs]: Pair,
  { model, dataset }: ParityModel,
  optimizer: ProbeOptimizer,
  steps: number,
): number {
  const spec = specOf(model, optimizer);
  const [own = [], other = []] = [ours, theirs].map((engine) => {
    const losses = lossesOf(engine.open(spec, dataset), steps);
    engine.close?.();
    return losses;
  });
  if (own.length !== steps || other.length !== steps) return Number.NaN;
  return Math.max(...own.map((loss, step) => Math.abs(loss - other[step]!) / (1 + loss)));
}

function lossesOf(session: TrainingSession, steps: number): readonly number[] {
  session.advance(steps, 1e9);
  return session.takeRecords().map(({ lossNats }) => lossNats);
}
