import type { Evidence } from "../collect-evidence.ts";
import type { LeaveOneOut } from "../leave-one-out.ts";

/** One line of the table of regrets. */
export interface RegretRow {
  readonly name: string;
  readonly meanNats: number;
  readonly maxNats: number;
  /** Null for a rule that gives no loss. */
  readonly rmseNats: number | null;
  readonly kind: "own" | "pooled" | "saw" | "stranger" | "floor";
  /** What the rule has seen of the cells it is judged on. */
  readonly seen: string;
}

function own(name: string, judged: LeaveOneOut, seen: string): RegretRow {
  return {
    name,
    meanNats: judged.meanRegretNats,
    maxNats: judged.maxRegretNats,
    rmseNats: judged.rmseNats,
    kind: "own",
    seen,
  };
}

/** The floor, the surface, the recommendation and the laws, in the order they are shown. */
export function regretRows({ surface, pooled }: Evidence): readonly RegretRow[] {
  const { floor, withoutTheCell, withoutTheSize, withoutTheRatio } = surface;
  const ways = [
    ["recommendation (i), as shipped", pooled.shipped, "all cells"],
    ["recommendation (ii), surface refitted", pooled.heldOut, "not this cell"],
    ["recommendation (iii), no law of these runs", pooled.strangers, "none"],
  ] as const;
  return [
    {
      name: "noise floor",
      meanNats: floor.meanNats,
      maxNats: floor.maxNats,
      rmseNats: null,
      kind: "floor",
      seen: "this cell, resampled",
    },
    own("critbatch-joint, one cell out", withoutTheCell, "not this cell"),
    own("critbatch-joint, whole size out", withoutTheSize, "no cell of this size"),
    own("critbatch-joint, token ratio out", withoutTheRatio, "no cell of this ratio"),
    ...ways.map(([name, { meanNats, maxNats }, seen]) => ({
      name,
      meanNats,
      maxNats,
      rmseNats: null,
      kind: "pooled" as const,
      seen,
    })),
    ...surface.laws.map(({ id, meanNats, maxNats, sawTheseRuns }) => ({
      name: id,
      meanNats,
      maxNats,
      rmseNats: null,
      kind: sawTheseRuns ? ("saw" as const) : ("stranger" as const),
      seen: sawTheseRuns ? "all cells" : "none",
    })),
  ];
}
