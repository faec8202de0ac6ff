import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One measured run of the sweep; losses in nats per token. */
export interface SweepRun {
  readonly nonEmbeddingParams: number;
  readonly trainingTokens: number;
  readonly batchTokens: number;
  readonly peakLearningRate: number;
  readonly lossNats: number;
}

/** All runs of one model size and one token budget. */
export interface SweepCell {
  readonly id: string;
  readonly nonEmbeddingParams: number;
  readonly trainingTokens: number;
  readonly runs: readonly SweepRun[];
}

const SEQUENCE_LENGTH_TOKENS = 2048;

const COLUMNS = [
  "non_embedding_params",
  "training_tokens",
  "batch_sequences",
  "peak_learning_rate",
  "final_loss_nats",
] as const;

/** Which measurements are meant. */
export const SWEEP_DESCRIPTION = `the CSV of the public learning-rate x batch sweep of
"Predictable Scale: Part I" (arXiv:2503.04715), dense runs, with the columns
${COLUMNS.join(", ")}
(sequences of ${SEQUENCE_LENGTH_TOKENS} tokens, loss in nats per token). The file carries no licence
and is not part of this repository.`;

/** What a command of the sweep alone prints when the measurements are not at hand. */
export const SWEEP_NEEDED = `No measurements given. This command needs ${SWEEP_DESCRIPTION}
Pass its path as the argument, or its folder in CRITBATCH_DATA with the file named lm-sweep-dense.csv.`;

/** The sweep's path: the argument if there is one, else the sweep in the folder CRITBATCH_DATA. */
export function sweepPath(argument?: string): string | undefined {
  const folder = process.env["CRITBATCH_DATA"];
  return argument ?? (folder === undefined ? undefined : join(folder, "lm-sweep-dense.csv"));
}

function columnIndices(header: string): readonly number[] {
  const names = header.trim().split(",");
  return COLUMNS.map((column) => {
    const index = names.indexOf(column);
    if (index < 0) throw new RangeError(`the sweep has no column "${column}", received ${header}`);
    return index;
  });
}

/**
 * Reads the sweep's runs from CSV text.
 *
 * @throws {RangeError} when a column is missing or a number is not finite and positive.
 */
export function parseSweep(csv: string): readonly SweepRun[] {
  const [header = "", ...lines] = csv.split("\n").filter((line) => line.trim() !== "");
  const indices = columnIndices(header);
  return lines.map((line, row) => {
    const cells = line.trim().split(",");
    const [params = 0, tokens = 0, sequences = 0, learningRate = 0, loss = 0] = indices.map((i) =>
      Number(cells[i]),
    );
    for (const value of [params, tokens, sequences, learningRate, loss]) {
      if (!(value > 0 && value < Infinity)) {
        throw new RangeError(`row ${row + 2} of the sweep must hold positive numbers: ${line}`);
      }
    }
    return {
      nonEmbeddingParams: params,
      trainingTokens: tokens,
      batchTokens: sequences * SEQUENCE_LENGTH_TOKENS,
      peakLearningRate: learningRate,
      lossNats: loss,
    };
  });
}

/** Groups runs by (parameters, tokens), in ascending order of both. */
export function groupIntoCells(runs: readonly SweepRun[]): readonly SweepCell[] {
  const cells = new Map<string, SweepRun[]>();
  for (const run of runs) {
    const id = `${(run.nonEmbeddingParams / 1e6).toFixed(0)}M/${(run.trainingTokens / 1e9).toFixed(1)}B`;
    const members = cells.get(id);
    if (members === undefined) cells.set(id, [run]);
    else members.push(run);
  }
  return [...cells]
    .map(([id, members]) => ({
      id,
      nonEmbeddingParams: members[0]?.nonEmbeddingParams ?? 0,
      trainingTokens: members[0]?.trainingTokens ?? 0,
      runs: members,
    }))
    .sort(
      (a, b) => a.nonEmbeddingParams - b.nonEmbeddingParams || a.trainingTokens - b.trainingTokens,
    );
}

/** The sweep's cells from a file. */
export function loadCells(path: string): readonly SweepCell[] {
  return groupIntoCells(parseSweep(readFileSync(path, "utf8")));
}
