import type { Evidence } from "../collect-evidence.ts";
import type { CoverageCount } from "../coverage-counts.ts";
import { digits, nats, percent, table } from "./markdown.ts";

/** One number that was to be reached. */
export interface Verdict {
  readonly figure: string;
  readonly asked: string;
  readonly reached: string;
  readonly holds: boolean;
}

function atMost(figure: string, limit: number, value: number, decimals = 4): Verdict {
  return {
    figure,
    asked: `<= ${limit} nats`,
    reached: nats(value, decimals),
    holds: value <= limit,
  };
}

function beatsEveryLaw({ surface }: Evidence): Verdict {
  const { meanRegretNats, maxRegretNats } = surface.withoutTheCell;
  const least = (of: "meanNats" | "maxNats") => Math.min(...surface.laws.map((law) => law[of]));
  const [mean, max] = [least("meanNats"), least("maxNats")];
  return {
    figure: "better than every published law, mean and max",
    asked: `below ${nats(mean)} and ${nats(max)}`,
    reached: `${nats(meanRegretNats)} and ${nats(maxRegretNats)}`,
    holds: meanRegretNats < mean && maxRegretNats < max,
  };
}

function physicalLoss({ optima }: Evidence): Verdict {
  const losses = optima.map(({ irreducibleLossNats }) => irreducibleLossNats);
  const [least, most] = [Math.min(...losses), Math.max(...losses)];
  return {
    figure: "irreducible loss E over the held-out fits",
    asked: "1.2 to 1.9 nats",
    reached: `${least.toFixed(2)} to ${most.toFixed(2)}`,
    holds: least >= 1.2 && most <= 1.9,
  };
}

function withinPrintedErrors({ stepsToTarget }: Evidence): Verdict {
  const offs = stepsToTarget.map(
    ({ bCritTokens, printedBCritTokens, printedLogSe }) =>
      Math.abs(Math.log(bCritTokens / printedBCritTokens)) / printedLogSe,
  );
  return {
    figure: "B_c of the Zhang table by the hyperbola fitter, all five sizes",
    asked: "within the printed errors",
    reached: `largest difference ${digits(Math.max(...offs), 2)} of an error`,
    holds: Math.max(...offs) <= 1,
  };
}

/** Every number that was to be reached, with what was. */
export function verdicts(evidence: Evidence, counts: readonly CoverageCount[]): readonly Verdict[] {
  const { surface, pooled, practice } = evidence;
  const { withoutTheCell } = surface;
  const missed = counts.filter(({ inside }) => !inside);
  return [
    atMost(
      "critbatch-joint, one cell left out: mean regret",
      0.0018,
      withoutTheCell.meanRegretNats,
    ),
    atMost("the same: largest regret", 0.005, withoutTheCell.maxRegretNats, 5),
    atMost("the same: RMSE of the loss", 0.012, withoutTheCell.rmseNats),
    physicalLoss(evidence),
    beatsEveryLaw(evidence),
    atMost(
      "recommendation (ii), surface refitted without the cell: mean regret",
      0.0025,
      pooled.heldOut.meanNats,
    ),
    {
      figure: "counts of covered intervals inside their binomial bounds",
      asked: `all ${counts.length}`,
      reached: String(counts.length - missed.length),
      holds: missed.length === 0,
    },
    withinPrintedErrors(evidence),
    {
      figure: "practised batch inside the 80 % interval, votes of families",
      asked: ">= 75 %",
      reached: percent(practice.shipped.batchInsideShare, 1),
      holds: practice.shipped.batchInsideShare >= 0.75,
    },
    {
      figure: "practised learning rate inside, batch fixed",
      asked: ">= 70 %",
      reached: percent(practice.shipped.learningRateInsideShare, 1),
      holds: practice.shipped.learningRateInsideShare >= 0.7,
    },
  ];
}

/** The verdicts as a table. */
export function verdictTable(list: readonly Verdict[]): string {
  return table(
    ["figure", "asked", "reached", "holds"],
    list.map(({ figure, asked, reached, holds }) => [
      figure,
      asked,
      reached,
      holds ? "yes" : "**no**",
    ]),
  );
}
