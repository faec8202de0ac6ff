import type { TermId } from "../base/terms.ts";

/** One input of the form. */
export interface Field {
  /** Name in the form and in the URL. */
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly term: TermId;
  readonly example: string;
  /** Where it goes in the body of POST /v1/recommendations; the API's errors come back under it. */
  readonly pointer: string;
  /** Among the settings that most questions do without. */
  readonly further?: boolean;
  readonly choices?: readonly (readonly [value: string, label: string])[];
}

export const FIELDS: readonly Field[] = [
  {
    id: "params",
    label: "Parameters",
    unit: "without embeddings, unless set below",
    term: "params",
    example: "1.3B",
    pointer: "/model/nonEmbeddingParams",
  },
  {
    id: "tokens",
    label: "Training tokens",
    unit: "tokens",
    term: "tokens",
    example: "20e9",
    pointer: "/data/trainingTokens",
  },
  {
    id: "batch",
    label: "Your batch",
    unit: "tokens per step",
    term: "batch",
    example: "4M",
    pointer: "/current/batchTokens",
  },
  {
    id: "rate",
    label: "Your peak learning rate",
    unit: "per step",
    term: "rate",
    example: "3e-4",
    pointer: "/current/peakLearningRate",
  },
  {
    id: "sequence",
    label: "Sequence length",
    unit: "tokens",
    term: "sequence",
    example: "2048",
    pointer: "/data/sequenceLengthTokens",
  },
  {
    id: "devices",
    label: "Devices",
    unit: "accelerators",
    term: "devices",
    example: "64",
    pointer: "/hardware/devices",
  },
  {
    id: "count",
    label: "Parameter count",
    unit: "",
    term: "params",
    example: "",
    pointer: "/model",
    further: true,
    choices: [
      ["", "without embeddings"],
      ["total", "with embeddings (total)"],
    ],
  },
  {
    id: "objective",
    label: "Objective",
    unit: "",
    term: "objective",
    example: "",
    pointer: "/objective",
    further: true,
    choices: [
      ["", "lowest loss"],
      ["balanced", "balanced"],
      ["time", "shortest time"],
      ["cost", "fewest device hours"],
    ],
  },
  {
    id: "task",
    label: "Task",
    unit: "",
    term: "laws",
    example: "",
    pointer: "/task",
    further: true,
    choices: [
      ["", "language-model pre-training"],
      ["fine-tuning", "fine-tuning"],
      ["other", "something else"],
    ],
  },
  {
    id: "optimizer",
    label: "Optimizer",
    unit: "",
    term: "rate",
    example: "",
    pointer: "/optimizer/kind",
    further: true,
    choices: [
      ["", "AdamW (default)"],
      ["adamw", "AdamW"],
      ["adam", "Adam"],
      ["sgd", "SGD"],
      ["momentum", "SGD with momentum"],
      ["muon", "Muon"],
    ],
  },
  {
    id: "flops",
    label: "Speed per device",
    unit: "FLOP/s reached in training",
    term: "devices",
    example: "4e14",
    pointer: "/hardware/flopPerSecondPerDevice",
    further: true,
  },
  {
    id: "overhead",
    label: "Overhead per step",
    unit: "ms",
    term: "devices",
    example: "120",
    pointer: "/hardware/stepOverheadMs",
    further: true,
  },
  {
    id: "unique",
    label: "Unique tokens",
    unit: "tokens",
    term: "tokens",
    example: "20B",
    pointer: "/data/uniqueTokens",
    further: true,
  },
];

/** What was typed, by field; empty ones are absent. */
export type Typed = Readonly<Record<string, string>>;
