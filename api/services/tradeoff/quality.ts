import type { Compensation } from "../../../schemas/compensations/compensation.ts";
import type { Recommended } from "../../../schemas/recommendations/answer.ts";
import type {
  TradeoffCell,
  TradeoffOpenCell,
  TradeoffRow,
} from "../../../schemas/tradeoff-reports/parts.ts";
import { shortNumber } from "../shared/number-text.ts";
import { experimentSource, needsProbe, notApplicable, openRow, tradeoffRow } from "./aspects.ts";
import type { Comparison } from "./comparison.ts";

const SHALLUE = "arXiv:1811.03600 (Shallue 2018)";

/** Sharpness and smoothness of the path: only training runs show them. */
export function sharpnessRow(): TradeoffRow {
  return openRow(
    "sharpness",
    needsProbe("No law predicts the curvature at the end of a run.", "generalisation"),
    experimentSource("generalisation"),
    "Seen in some settings (Keskar 2017), but sharpness changes with the parameterization (Dinh 2017) and with the " +
      "learning rate, and by itself does not predict held-out loss.",
  );
}

/** See {@link sharpnessRow}. */
export function pathRow(): TradeoffRow {
  return openRow(
    "path-smoothness",
    needsProbe("No law predicts how straight the path of a run is.", "generalisation"),
    experimentSource("generalisation"),
    "Less noise per step makes successive updates agree more. How much that straightens the path depends on the " +
      "learning rate tuned at each batch, and must be measured.",
  );
}

/** Whether the batch opens a gap between training and validation loss. */
export function generalisationRow(epochs: "one" | "several" | "unknown"): TradeoffRow {
  if (epochs === "one") {
    return openRow(
      "generalisation",
      notApplicable(
        "Every token is seen once, so training and held-out loss are the same at any batch.",
      ),
      SHALLUE,
      "Not supported: one pass over the data has no gap, and over 35 workloads no loss of generalization was " +
        "found once the settings were tuned again at each batch (Shallue 2018). What a large batch costs is optimization.",
    );
  }
  const reason =
    epochs === "several"
      ? "The tokens are repeated, so the gap on this data must be measured."
      : "Whether the batch opens a gap on this task must be measured.";
  return openRow(
    "generalisation",
    needsProbe(reason, "generalisation"),
    `${SHALLUE}; ${experimentSource("generalisation")}`,
    "Half true: at a fixed number of epochs a large batch does worse because it takes fewer steps. Over 35 workloads no loss of " +
      "generalization remained once the settings were tuned again at each batch (Shallue 2018).",
  );
}

/** Predicted loss at both batches, and what each gives away against the best batch. */
export function lossRows({ small, large }: Comparison): TradeoffRow[] {
  const nats = ({ loss: { batchPenaltyNats } }: Recommended) =>
    batchPenaltyNats.value < 0.001 ? "less than 0.001" : batchPenaltyNats.value.toPrecision(2);
  return [
    tradeoffRow("final-loss", {
      small: small.loss.lossNats,
      large: large.loss.lossNats,
      finding: isOwnFit(large)
        ? "Most of each interval is the uncertainty of the fit, which both batches share: compare the " +
          "penalties, not the intervals."
        : "Most of each interval is the uncertainty about corpus and tokenizer, which both batches share: compare the " +
          "penalties, not the intervals.",
      source: isOwnFit(large)
        ? "lossFit, the law fitted to your runs"
        : "critbatch-joint, own fit on the public runs of arXiv:2503.04715",
    }),
    tradeoffRow("loss-penalty", {
      small: small.loss.batchPenaltyNats,
      large: large.loss.batchPenaltyNats,
      finding:
        `At the same tokens and with tuned settings, the small batch costs ${nats(small)} nats and the large one ` +
        `${nats(large)}. ${closedForm(large.compensation)}`,
      source: "critbatch-joint, with its minimum moved to the pooled optimal batch",
    }),
  ];
}

function isOwnFit({ compensation }: Recommended): boolean {
  return compensation.lossLaw === "fit";
}

function closedForm({ batchPenaltyNats, lossLaw }: Compensation): string {
  const law = lossLaw === "fit" ? "your own fit" : lossLaw;
  return `The closed form of ${law} says ${batchPenaltyNats.value.toPrecision(2)} for the large one.`;
}

/** What more parameters or more tokens would have to be to win the loss of the optimal batch back. */
export function compensationRows({ small, large }: Comparison): TradeoffRow[] {
  const law = isOwnFit(large) ? "lossFit" : "loss law besiroglu2024 (arXiv:2404.10102)";
  const source = `${law} with D / (1 + B/B_c) of arXiv:1812.06162, eq. (2.11)`;
  return [
    tradeoffRow("parameters-for-equal-loss", {
      small: parametersCell(small.compensation),
      large: parametersCell(large.compensation),
      finding: parametersFinding(large.compensation) + surfaceSays(large, "parameters"),
      source,
    }),
    tradeoffRow("tokens-for-equal-loss", {
      small: tokensCell(small.compensation),
      large: tokensCell(large.compensation),
      finding:
        "Relative to the optimal batch. More tokens always recover the loss, at proportionally more FLOPs; fresh tokens " +
        "are needed beyond four epochs." +
        surfaceSays(large, "tokens"),
      source,
    }),
  ];
}

function parametersFinding({ status, wallBatchTokens }: Compensation): string {
  const wall = `beyond the wall near ${shortNumber(wallBatchTokens.value)} tokens, no number of parameters is enough.`;
  const only =
    "Half true: the critical batch hardly depends on parameters, so a larger model does not tolerate a larger batch; it only " +
    "lowers its own part of the loss, and";
  return status === "not-needed"
    ? `Not at this large batch: its cost is negligible; ${wall}`
    : `${only} ${wall}`;
}

function surfaceSays({ jointSurface }: Recommended, way: "parameters" | "tokens"): string {
  const { compensation, insideFit } = jointSurface;
  if (compensation.status === "not-needed") return "";
  const { parameters, tokens } = compensation;
  const ratio = {
    parameters: parameters.status === "finite" ? parameters.paramsRatio : undefined,
    tokens: tokens.status === "finite" ? tokens.tokensRatio : undefined,
  }[way];
  const where = insideFit ? "" : ", outside its fit,";
  return ratio === undefined
    ? ` The joint surface alone${where} says that ${way} do not restore it.`
    : ` The joint surface alone${where} says ${ratio.toPrecision(3)}.`;
}

function notNeeded(reason: string): TradeoffOpenCell {
  return { status: "not-needed", reason, needed: [] };
}

function parametersCell(compensation: Compensation): TradeoffCell {
  if (compensation.status === "not-needed") return notNeeded(compensation.reason);
  const { parameters } = compensation;
  if (parameters.status === "compensable") return parameters.paramsRatio;
  const needed = [...parameters.needed];
  if (parameters.status === "beyond-wall") {
    return { status: "beyond-wall", reason: parameters.reason, needed };
  }
  const bound = parameters.paramsRatio.value.toPrecision(3);
  return {
    status: "impractical",
    reason: `At least ${bound} times the parameters. ${parameters.reason}`,
    needed,
  };
}

function tokensCell(compensation: Compensation): TradeoffCell {
  if (compensation.status === "not-needed") return notNeeded(compensation.reason);
  const { tokens } = compensation;
  if (tokens.status !== "limited-by-unique-tokens") return tokens.tokensRatio;
  const fresh = tokens.tokensRatio.value.toPrecision(3);
  return {
    status: "limited-by-unique-tokens",
    reason: `${fresh} times the tokens if all were fresh. ${tokens.reason}`,
    needed: [...tokens.needed],
  };
}
