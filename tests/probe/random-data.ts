import { fillNormal, uniformAt } from "../../api/probe/random.ts";
import type { ProbeDataset } from "../../api/probe/training-session.ts";

export type RowsDataset = Extract<ProbeDataset, { kind: "rows" }>;

function rows(
  count: number,
  features: number,
  outputs: number,
  loss: RowsDataset["loss"],
  seed: number,
) {
  const inputs = new Float32Array(count * features);
  fillNormal(inputs, seed, 1, 1);
  if (loss === "softmax-cross-entropy") {
    const targets = Int32Array.from({ length: count }, (_, i) =>
      Math.floor(uniformAt(seed, 2, i) * outputs),
    );
    return { count, inputs, targets };
  }
  const targets = new Float32Array(count * outputs);
  fillNormal(targets, seed, 2, 1);
  return { count, inputs, targets };
}

export function randomRows(
  inputFeatures: number,
  outputs: number,
  train: number,
  loss: RowsDataset["loss"] = "softmax-cross-entropy",
  seed = 1,
): RowsDataset {
  return {
    kind: "rows",
    inputFeatures,
    outputs,
    loss,
    train: rows(train, inputFeatures, outputs, loss, seed),
    validation: rows(train, inputFeatures, outputs, loss, seed + 1),
  };
}

export function randomTokens(vocabulary: number, length: number, seed = 1): ProbeDataset {
  const tokens = (stream: number): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => Math.floor(uniformAt(seed, stream, i) ** 2 * vocabulary));
  return { kind: "tokens", vocabulary, train: tokens(1), validation: tokens(2) };
}
