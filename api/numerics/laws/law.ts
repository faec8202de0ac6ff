/**
 * How a constant was checked: `V1` in the authors' own code, data or model card; `V2` in an independent
 * transcription; `D` derived here and checked numerically; `O` our own fit on public data, not a
 * published law; `U` recalled only, unverified.
 */
export type ConstantStatus = "V1" | "V2" | "D" | "O" | "U";

/** A number a law can be asked with. Counts and batches in parameters, tokens and FLOPs; losses in nats per token. */
export type LawVariable =
  | "nonEmbeddingParams"
  | "totalParams"
  | "trainingTokens"
  | "trainingFlops"
  | "lossNats"
  | "sequenceLengthTokens"
  | "batchTokens"
  | "peakLearningRate"
  | "bNoiseTokens";

/** What a law predicts; the three batch sizes of the field are never aliases of each other. */
export type LawQuantity =
  | "bOptTokens"
  | "bCritTokens"
  /** Corner of a hyperbola fitted without a small-batch side. */
  | "bCritTokensOneSided"
  | "cbs20Tokens"
  | "cbs20TokensComputeOptimal"
  | "cbs20TokensFixedData"
  | "peakLearningRate"
  | "lossNats"
  | "nonEmbeddingParams"
  | "totalParams"
  | "trainingTokens"
  | "minSteps"
  | "minFlops"
  | "trainingFlopsRatio"
  | "stepsRatio"
  | "weightDecay";

export type LawInputs = { readonly [V in LawVariable]?: number };

/** A closed range of a positive quantity. */
export interface Range {
  readonly lower: number;
  readonly upper: number;
}

/** The sd of one fitted exponent: what makes the prediction's sd grow outside the fitted box. */
export interface ExponentUncertainty {
  readonly variable: LawVariable;
  readonly exponent: number;
  readonly sd: number;
  readonly sdSource: string;
}

/** Ranges of some of the variables; a variable that is absent is unlimited. */
type VariableBox = { readonly [V in LawVariable]?: Range };

/** Limits of some of the variables; a side that is absent is unlimited. */
export type RefusalBox = { readonly [V in LawVariable]?: Partial<Range> };

/** One formula of a law. All spreads are standard deviations of the natural logarithm of the quantity. */
export interface LawOutput {
  readonly quantity: LawQuantity;
  /** One line of ASCII, in the wire's names. */
  readonly formula: string;
  readonly requires: readonly LawVariable[];
  /** The weakest status among the constants the formula uses. */
  readonly status: ConstantStatus;
  readonly sdLog: number;
  readonly sdLogSource: string;
  readonly exponents: readonly ExponentUncertainty[];
  /** Refusal of this formula alone, added to the law's. */
  readonly refusalBox?: RefusalBox;
  readonly predict: (inputs: Required<LawInputs>) => number;
}

/** The quantities that a recommendation asks a panel of laws for. */
export type PanelQuantity = "bOptTokens" | "bCritTokens" | "peakLearningRate";

/**
 * How a law takes part in the panel of one quantity, and the sd of ln that it gains for what it lacks in kind
 * (docs/method.md, "Panels of laws").
 *
 * - `direct`: asked with the run's parameters and tokens; `sdLog` for another protocol, `sdPerLogRatio` per ln unit
 *   of D/(20 N) where it was fitted along 20 tokens per parameter.
 * - `compute`: asked with the run's compute, which stands in for D along 20 tokens per parameter.
 * - `loss`: asked with the loss of besiroglu2024, which stands in for that of its own tokenizer.
 * - `fixed-batch`: a learning rate measured at one batch, moved to the optimal one.
 * - `same-data`: fitted to the runs of the measured surface, so listed without a vote.
 */
export type PanelVote =
  | { readonly kind: "direct"; readonly sdLog?: number; readonly sdPerLogRatio?: number }
  | { readonly kind: "compute"; readonly sdPerLogRatio: number }
  | { readonly kind: "loss"; readonly sdLog: number }
  | { readonly kind: "fixed-batch"; readonly batchTokens: number }
  | { readonly kind: "same-data" };

/** A published law: its formulas, where they were fitted, and where they must not be used. */
export interface Law {
  readonly id: string;
  readonly title: string;
  readonly source: {
    readonly authors: string;
    readonly year: number;
    readonly arxivId?: string;
    readonly location: string;
  };
  /** Laws fitted on the same data share a cluster and, together, one vote. */
  readonly cluster: string;
  readonly setting: {
    readonly optimizer: "adam" | "adamw" | "any";
    readonly schedule: "cosine" | "linear" | "wsd" | "constant" | "multi-step" | "any";
    readonly paramsCounted: "non-embedding" | "total" | "none";
    /** Which count the law's own C multiplies, when it asks for training FLOPs; C = 6 N D. */
    readonly flopsCounted?: "non-embedding" | "total";
    readonly sequenceLengthTokens?: number;
  };
  readonly fittedBox: VariableBox;
  /** Outside this box the law refuses. */
  readonly refusalBox: RefusalBox;
  /** In order of preference: the first output whose inputs are at hand answers for its quantity. */
  readonly outputs: readonly LawOutput[];
  /** Its part in the panels of a recommendation; a law without a vote is in the catalogue alone. */
  readonly votes?: { readonly [Q in PanelQuantity]?: PanelVote };
  readonly caveats: readonly string[];
}

/**
 * Returns the law deeply frozen, so that no caller can change a constant.
 *
 * @param law - the law's data and predict functions.
 */
export function defineLaw(law: Law): Law {
  freezeDeep(law);
  return law;
}

function freezeDeep(value: object): void {
  for (const part of Object.values(value)) {
    if (typeof part === "object" && part !== null) freezeDeep(part);
  }
  Object.freeze(value);
}
