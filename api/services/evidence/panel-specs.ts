import { besiroglu2024 } from "../../numerics/laws/besiroglu2024.ts";
import { lawCatalogue } from "../../numerics/laws/catalogue.ts";
import { critbatchJoint } from "../../numerics/laws/critbatch-joint.ts";
import { evaluateQuantity } from "../../numerics/laws/evaluate-law.ts";
import type { Law, LawInputs, PanelQuantity, PanelVote } from "../../numerics/laws/law.ts";
import { li2025StepLaw } from "../../numerics/laws/li2025-step-law.ts";
import { brokenPowerLearningRateRatio } from "../../numerics/rules/learning-rate-rescaling.ts";

/** Where the panel is asked. */
export interface PanelPoint {
  readonly nonEmbeddingParams: number;
  /** The N of C = 6 N D; of a mixture of experts the active parameters. */
  readonly computeParams: number;
  readonly trainingTokens: number;
}

/** How one law takes part in a panel. */
export interface PanelMember {
  readonly law: Law;
  readonly inputsAt: (point: PanelPoint) => LawInputs;
  /** Sd of ln added because the law's variables or protocol stand in for others at this point. */
  readonly mismatchSdLog: (point: PanelPoint, shiftLog: number) => number;
  /** Added to ln(value) to bring the law's batch to the optimal one. */
  readonly shiftLog: (point: PanelPoint) => number;
}

/** The directly measured estimate of a panel, widened by its distance from the sweep it was fitted on. */
export interface PanelAnchor {
  readonly member: PanelMember;
  /** Its own bootstrap: a small sd, inside the sweep's box. */
  readonly sdLog: number;
  /** Sd of ln per ln unit outside the box, in N and in D. */
  readonly sdPerLogParams: number;
  readonly sdPerLogTokens: number;
}

/** How a quantity goes with one variable while the other is held: up (1) or down (-1). */
export interface Trend {
  readonly along: "nonEmbeddingParams" | "trainingTokens";
  readonly sign: 1 | -1;
  /** Of the sweep's range of the variable. */
  readonly side: "below" | "both";
}

/** The panel of one quantity: a directly measured estimate if there is one, its same-data twins, and the pool. */
export interface PanelSpec {
  readonly quantity: PanelQuantity;
  readonly anchor?: PanelAnchor;
  readonly sameData: readonly PanelMember[];
  readonly pooled: readonly PanelMember[];
  /** Sd of ln between studies at equal N and D: what a new run adds, whatever the laws agree on. */
  readonly transferSdLog: number;
  /** Kept outside the sweep where laws that fade out would bend it. */
  readonly trend?: Trend;
}

const TOKENS_PER_PARAMETER = 20;

/** The laws of the catalogue that take part in a panel, by what they say of themselves. */
function membersFor(quantity: PanelQuantity): Pick<PanelSpec, "sameData" | "pooled"> {
  const sameData: PanelMember[] = [];
  const pooled: PanelMember[] = [];
  for (const law of lawCatalogue) {
    const vote = law.votes?.[quantity];
    if (vote === undefined) continue;
    (vote.kind === "same-data" ? sameData : pooled).push(memberOf(law, vote));
  }
  return { sameData, pooled };
}

function memberOf(law: Law, vote: PanelVote): PanelMember {
  switch (vote.kind) {
    case "direct":
      return {
        ...direct(law),
        mismatchSdLog: (point) => (vote.sdLog ?? 0) + (vote.sdPerLogRatio ?? 0) * logOffLine(point),
      };
    case "compute":
      return alongLine(law, vote.sdPerLogRatio);
    case "loss":
      return atStandInLoss(law, vote.sdLog);
    case "fixed-batch":
      return atFixedBatch(law, vote.batchTokens);
    case "same-data":
      return direct(law);
  }
}

function direct(law: Law): PanelMember {
  return { law, inputsAt: pointInputs, mismatchSdLog: () => 0, shiftLog: () => 0 };
}

/**
 * A law of C or N was fitted along 20 tokens per parameter; off that line C and N stand in for D, on which
 * the optimum depends, so its vote weakens with the distance from the line.
 */
function alongLine(law: Law, sdPerLogRatio: number): PanelMember {
  return {
    law,
    inputsAt: (point) => ({
      nonEmbeddingParams: point.nonEmbeddingParams,
      totalParams: point.computeParams,
      trainingTokens: point.trainingTokens,
      trainingFlops:
        6 *
        (law.setting.flopsCounted === "non-embedding"
          ? point.nonEmbeddingParams
          : point.computeParams) *
        point.trainingTokens,
    }),
    mismatchSdLog: (point) => sdPerLogRatio * logOffLine(point),
    shiftLog: () => 0,
  };
}

function logOffLine(point: PanelPoint): number {
  return Math.abs(Math.log(point.trainingTokens / point.computeParams / TOKENS_PER_PARAMETER));
}

/**
 * A learning-rate law measured at one fixed batch is moved to the optimal batch by the broken power; what
 * the move adds is uncertain by a third of itself.
 */
function atFixedBatch(law: Law, batchTokens: number): PanelMember {
  const shiftLog = (point: PanelPoint): number => {
    const optimal = evaluateQuantity(li2025StepLaw, "bOptTokens", pointInputs(point));
    if (optimal?.status !== "ok") return 0;
    return -Math.log(brokenPowerLearningRateRatio(batchTokens, optimal.value));
  };
  return {
    law,
    inputsAt: pointInputs,
    mismatchSdLog: (_point, shiftLog) => shiftLog / 3,
    shiftLog,
  };
}

function pointInputs(point: PanelPoint): LawInputs {
  return {
    nonEmbeddingParams: point.nonEmbeddingParams,
    totalParams: point.computeParams,
    trainingTokens: point.trainingTokens,
  };
}

/** The loss of besiroglu2024 stands in for that of the law's own tokenizer. */
function atStandInLoss(law: Law, sdLog: number): PanelMember {
  return {
    ...direct(law),
    inputsAt: (point) => {
      const loss = evaluateQuantity(besiroglu2024, "lossNats", pointInputs(point));
      return loss?.status === "ok" ? { lossNats: loss.value } : {};
    },
    mismatchSdLog: () => sdLog,
  };
}

/** Added to the sd of ln of every panel for a mixture of experts: the laws were fitted on dense models. */
export const EXPERTS_SD_LOG = 0.35;

// The rates at which the anchors widen, and the transfer sd, are calibrated on the leave-one-out cells of the
// sweep (regret) and on published runs, one vote a family (width): docs/method.md, "How wide".
export const BATCH_PANEL: PanelSpec = {
  quantity: "bOptTokens",
  anchor: {
    member: direct(critbatchJoint),
    sdLog: 0.15,
    sdPerLogParams: 0.1,
    sdPerLogTokens: 0.15,
  },
  ...membersFor("bOptTokens"),
  transferSdLog: 0.42,
};

// A critical batch belongs to a target loss; no sweep at fixed tokens measures it directly, so all clusters are equals.
export const CRITICAL_BATCH_PANEL: PanelSpec = {
  quantity: "bCritTokens",
  ...membersFor("bCritTokens"),
  transferSdLog: 0.35,
  trend: { along: "trainingTokens", sign: 1, side: "below" },
};

export const LEARNING_RATE_PANEL: PanelSpec = {
  quantity: "peakLearningRate",
  anchor: {
    member: direct(critbatchJoint),
    sdLog: 0.1,
    sdPerLogParams: 0.3,
    sdPerLogTokens: 0.4,
  },
  ...membersFor("peakLearningRate"),
  transferSdLog: 0.5,
  trend: { along: "nonEmbeddingParams", sign: -1, side: "both" },
};
