import type {
  TradeoffAspect,
  TradeoffCell,
  TradeoffOpenCell,
  TradeoffRow,
} from "../../../schemas/tradeoff-reports/parts.ts";

interface AspectText {
  readonly claim: string;
  readonly unit: string;
}

/** What people say of each aspect, and what its cells count. */
const ASPECTS: Readonly<Record<TradeoffAspect, AspectText>> = {
  "gradient-noise": {
    claim: "Large batches have less gradient noise.",
    unit: "noise over signal of one step's gradient, a ratio of squared norms",
  },
  sharpness: {
    claim: "Large batches fall into sharp minima.",
    unit: "largest eigenvalue of the Hessian, in nats per squared weight",
  },
  "implicit-regularisation": {
    claim: "Small batches regularize implicitly.",
    unit: "noise penalty over step-size penalty of the modified loss, a ratio",
  },
  generalisation: {
    claim: "Large batches generalize worse.",
    unit: "validation loss minus training loss, nats per token",
  },
  "path-smoothness": {
    claim: "Large batches follow a smoother path.",
    unit: "path length over displacement, a ratio",
  },
  "final-loss": {
    claim: "A larger batch ends at a worse loss.",
    unit: "nats per token, held-out text",
  },
  "loss-penalty": {
    claim: "At the same tokens a batch above the best one costs loss.",
    unit: "nats per token above the optimal batch",
  },
  "parameters-for-equal-loss": {
    claim: "A larger batch needs more parameters.",
    unit: "parameters over those now, a ratio",
  },
  "tokens-for-equal-loss": {
    claim: "A larger batch needs more tokens.",
    unit: "tokens over those now, a ratio",
  },
  "serial-steps": {
    claim: "A large batch needs fewer steps.",
    unit: "optimizer steps that spend the tokens of the run",
  },
  "step-efficiency": {
    claim: "Small batches are slow.",
    unit: "fewest steps to a loss over those at this batch, a fraction",
  },
  "token-efficiency": {
    claim: "Large batches waste data.",
    unit: "fewest tokens to a loss over those at this batch, a fraction",
  },
  "run-time": {
    claim: "A large batch finishes the same tokens sooner.",
    unit: "hours for the tokens of the run",
  },
  "time-to-equal-loss": {
    claim: "A large batch is faster.",
    unit: "hours to the loss of the small batch",
  },
  "device-hours-to-equal-loss": {
    claim: "A large batch is cheaper.",
    unit: "device hours to the loss of the small batch",
  },
  "peak-learning-rate": {
    claim: "The learning rate must move with the batch.",
    unit: "1/step",
  },
  "adam-beta2": { claim: "Adam's beta2 must move with the batch.", unit: "decay per step" },
  "weight-decay": {
    claim: "Weight decay must move with the batch.",
    unit: "1/learning rate",
  },
  "warmup-steps": { claim: "A large batch needs a longer warm-up.", unit: "optimizer steps" },
  "batch-ramp": {
    claim: "A run should start with a small batch and let it grow.",
    unit: "tokens per step at the start of a ramp to this batch",
  },
};

/** Both cells of a row, and what they mean. */
export interface AspectAnswer {
  readonly small: TradeoffCell;
  readonly large: TradeoffCell;
  readonly finding: string;
  readonly source: string;
}

/** A row of the table. Answered as soon as one cell has a number or the status of a price. */
export function tradeoffRow(aspect: TradeoffAspect, answer: AspectAnswer): TradeoffRow {
  const { small, large, finding, source } = answer;
  const { claim, unit } = ASPECTS[aspect];
  return { aspect, claim, unit, small, large, status: statusOf(small, large), finding, source };
}

/** A row with one reason for both cells. */
export function openRow(
  aspect: TradeoffAspect,
  cell: TradeoffOpenCell,
  source: string,
  finding = cell.reason,
): TradeoffRow {
  return tradeoffRow(aspect, { small: cell, large: cell, finding, source });
}

function statusOf(small: TradeoffCell, large: TradeoffCell): TradeoffRow["status"] {
  if (!("status" in small && "status" in large) || small.status !== large.status) return "answered";
  switch (small.status) {
    case "needs-probe":
    case "needs-measurement":
    case "not-applicable":
      return small.status;
    default:
      return "answered";
  }
}

/** Experiments that show what no law foretells. */
export type Experiment = "generalisation" | "compensation" | "critical-batch" | "learning-rate";

const EXPERIMENTS: Readonly<Record<Experiment, string>> = {
  generalisation:
    "train and validation loss at fixed epochs and at fixed steps, curvature and length of the path per batch",
  compensation: "loss over widths and batches at fixed examples",
  "critical-batch": "steps to one target loss per batch, learning rate tuned at each",
  "learning-rate": "final loss over learning rates and batches",
};

/** The source of a row that only an experiment fills. */
export function experimentSource(experiment: Experiment): string {
  return `experiment "${experiment}": ${EXPERIMENTS[experiment]}`;
}

/** A cell that only short training runs can fill. */
export function needsProbe(reason: string, experiment: Experiment): TradeoffOpenCell {
  return {
    status: "needs-probe",
    reason,
    needed: [
      {
        code: `probe-${experiment}`,
        detail: `Train small models at both batches (experiment "${experiment}": ${EXPERIMENTS[experiment]}).`,
      },
    ],
  };
}

/** A cell that the request lacks something for. */
export function needsMeasurement(reason: string, code: string, detail: string): TradeoffOpenCell {
  return { status: "needs-measurement", reason, needed: [{ code, detail }] };
}

/** A cell that this run cannot have. */
export function notApplicable(reason: string): TradeoffOpenCell {
  return { status: "not-applicable", reason, needed: [] };
}
