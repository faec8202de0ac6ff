import { DEFAULT_INTERVAL_LEVEL, type Estimate } from "../../../schemas/common.ts";
import type {
  EvidenceOnly,
  InsufficientEvidence,
} from "../../../schemas/recommendations/answer.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import type {
  TradeoffAspect,
  TradeoffCell,
  TradeoffRow,
} from "../../../schemas/tradeoff-reports/parts.ts";
import type {
  TradeoffReportRequest,
  TradeoffWithoutLaws,
} from "../../../schemas/tradeoff-reports/report.ts";
import { tokensOverMinimum } from "../../numerics/hardware/step-time.ts";
import { spanEstimate } from "../compensation/spans.ts";
import { recommendFromEvidence } from "../recommend/from-evidence.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";
import { shortNumber } from "../shared/number-text.ts";
import { experimentSource, needsMeasurement, needsProbe, openRow, tradeoffRow } from "./aspects.ts";
import { LARGE_OVER_CRITICAL, LARGEST_BATCH_TOKENS, planRequest } from "./batches.ts";
import {
  type BatchPair,
  givenNoiseScale,
  implicitRegularisationRow,
  measuredNoiseRow,
  NOISE_SCALE_MISSING,
  probedNoiseScale,
} from "./noise.ts";
import { generalisationRow, pathRow, sharpnessRow } from "./quality.ts";
import { efficiencyRows, openTimeRows } from "./speed.ts";

type Task = TradeoffWithoutLaws["task"];
type FromEvidence = EvidenceOnly | InsufficientEvidence;

/**
 * The table of a task for which no pre-training law holds: numbers where the caller's own evidence gives them.
 *
 * @throws {InvalidRequest} when the objective needs laws, or the two batches are no pair.
 * @source docs/method.md, the trade-off report
 */
export function reportWithoutLaws(body: TradeoffReportRequest, task: Task): TradeoffWithoutLaws {
  const request = planRequest(body);
  const level = request.intervalLevel ?? DEFAULT_INTERVAL_LEVEL;
  const evidence = recommendFromEvidence(request, task);
  const bCrit = criticalTokens(evidence);
  const source = sourceOf(evidence);
  const batches = pairOf(body, evidence, bCrit);
  const rows =
    batches === undefined
      ? openTable()
      : measuredTable({ body, task, level, batches, bCrit, source });
  return {
    status: "without-laws",
    task,
    ...(batches && {
      batches: { smallBatchTokens: batches.small, largeBatchTokens: batches.large },
    }),
    rows,
    verdict: verdictOf({ task, rows, batches, bCrit, source }),
    assumptions: evidence.assumptions,
    warnings: evidence.warnings,
    modelVersion: MODEL_VERSION,
  };
}

function criticalTokens(evidence: FromEvidence): Estimate | undefined {
  return evidence.status === "evidence-only" ? evidence.criticalBatch?.bCritTokens : undefined;
}

/** Which of the caller's measurements the critical batch rests on. */
function sourceOf(evidence: FromEvidence): string {
  const items = evidence.status === "evidence-only" ? evidence.evidence : [];
  const decides = items.find(({ quantity, weight }) => quantity === "bCritTokens" && weight > 0);
  return decides?.source ?? "evidence.noiseScale";
}

/** Both batches in tokens, given or from the evidence; undefined when nothing says one of them. */
function pairOf(
  body: TradeoffReportRequest,
  evidence: FromEvidence,
  bCrit: Estimate | undefined,
): BatchPair | undefined {
  const advised =
    evidence.status === "evidence-only" ? evidence.batch?.batchTokens?.value : undefined;
  const critical = bCrit && Math.max(1, Math.round(LARGE_OVER_CRITICAL * bCrit.value));
  const { current, data } = body;
  const largest = Math.max(critical ?? 0, current?.batchTokens ?? 0);
  const longest = Math.min(data?.trainingTokens ?? LARGEST_BATCH_TOKENS, LARGEST_BATCH_TOKENS);
  const assumed = Math.max(1, Math.floor(Math.min(largest, longest)));
  const small = body.smallBatchTokens ?? advised;
  const large = body.largeBatchTokens ?? (critical === undefined ? undefined : assumed);
  if (small === undefined || large === undefined) return undefined;
  if (small < large) return { small, large };
  throw new InvalidRequest([
    {
      pointer: body.smallBatchTokens === undefined ? "/smallBatchTokens" : "/largeBatchTokens",
      code: "no-two-batches",
      message: `a small batch below the large one: the evidence says ${shortNumber(small)} and ${shortNumber(large)} tokens`,
    },
  ]);
}

const noiseSource = ({ evidence }: RecommendationRequest): string =>
  evidence?.noiseScale === undefined ? "evidence.probe" : "evidence.noiseScale";

interface MeasuredTable {
  readonly body: TradeoffReportRequest;
  readonly task: Task;
  readonly level: number;
  readonly batches: BatchPair;
  readonly bCrit: Estimate | undefined;
  readonly source: string;
}

function measuredTable({
  body,
  task,
  level,
  batches,
  bCrit,
  source,
}: MeasuredTable): TradeoffRow[] {
  const request = planRequest(body);
  const length = body.data?.sequenceLengthTokens;
  const noise = givenNoiseScale(request, length, level) ?? probedNoiseScale(request, length, level);
  const tokens = body.data?.trainingTokens;
  const uniqueTokens = body.data?.uniqueTokens ?? tokens;
  const data = { uniqueTokens, sequenceLengthTokens: length ?? 1 };
  const filled: TradeoffRow[] = [
    ...(noise === undefined ? [] : [measuredNoiseRow(noise, batches, level, noiseSource(request))]),
    implicitRegularisationRow(noise, batches, data, level),
    ...(bCrit === undefined
      ? []
      : [
          ...efficiencyRows(batches, overMeasured(bCrit), source),
          tokensRow(batches, overMeasured(bCrit), source),
        ]),
    ...(tokens === undefined ? [] : [stepsRow(tokens, batches, level)]),
    learningRateRow(body, task, batches),
  ];
  return openTable().map((row) => filled.find(({ aspect }) => aspect === row.aspect) ?? row);
}

/** A function of the measured critical batch, each end of its interval on its own. */
function overMeasured({ value, interval }: Estimate) {
  return (evaluate: (bCritTokens: number) => number): Estimate => {
    const ends = [interval.lower, interval.upper].map((end) => evaluate(end ?? value));
    const span = { value: evaluate(value), lower: Math.min(...ends), upper: Math.max(...ends) };
    return spanEstimate(span, interval.level);
  };
}

/** Tokens to a loss over the fewest that reach it. */
function tokensRow(
  batches: BatchPair,
  over: ReturnType<typeof overMeasured>,
  source: string,
): TradeoffRow {
  const at = (batch: number) => over((bCrit) => tokensOverMinimum(batch, bCrit));
  return tradeoffRow("tokens-for-equal-loss", {
    small: at(batches.small),
    large: at(batches.large),
    finding:
      "True above the critical batch. Counted from the fewest tokens, those of a very small batch.",
    source: `arXiv:1812.06162, eq. (2.11): 1 + B/B_c, ${source}`,
  });
}

function stepsRow(tokens: number, batches: BatchPair, level: number): TradeoffRow {
  const at = (batch: number): Estimate => {
    const value = Math.max(1, Math.ceil(tokens / batch));
    return { value, interval: { lower: value, upper: value, level }, basis: "derived" };
  };
  return tradeoffRow("serial-steps", {
    small: at(batches.small),
    large: at(batches.large),
    finding: "Fewer steps for the same tokens, though not for the same loss.",
    source: "data.trainingTokens over the batch",
  });
}

const SEND_REFERENCE = needsMeasurement(
  "No learning rate that works was given, and no law gives one.",
  "reference",
  "Send batch and learning rate of a run that worked as evidence.reference.",
);

function learningRateSource({
  reference,
  probe,
}: NonNullable<TradeoffReportRequest["evidence"]>): Pick<TradeoffRow, "finding" | "source"> {
  if (reference === undefined && probe !== undefined) {
    return {
      finding: "The best learning rate of the probe's small model at each batch.",
      source: "evidence.probe",
    };
  }
  return {
    finding:
      "Moved from the reference run: as the probe's best rates move where there are three, else by the rule that " +
      "saturates at the measured critical batch, else by the root for Adam and in proportion for SGD.",
    source: "evidence.reference; arXiv:1812.06162, eq. (2.7); arXiv:2205.10287",
  };
}

function learningRateRow(body: TradeoffReportRequest, task: Task, batches: BatchPair): TradeoffRow {
  const at = (fixed: number): TradeoffCell => {
    const { hardware: _hardware, ...request } = planRequest(body);
    const constraints = { batchTokens: { fixed } };
    const answer = recommendFromEvidence({ ...request, constraints }, task);
    const moved = answer.status === "evidence-only" ? answer.learningRate : undefined;
    return moved?.peakLearningRate ?? SEND_REFERENCE;
  };
  return tradeoffRow("peak-learning-rate", {
    small: at(batches.small),
    large: at(batches.large),
    ...learningRateSource(body.evidence ?? {}),
  });
}

/** The table with nothing measured. */
function openTable(): TradeoffRow[] {
  const rescale = needsMeasurement(
    "No law of this task moves it.",
    "batch-rescale",
    "Send the setting of a run that worked to POST /v1/batch-rescales.",
  );
  const noLoss = needsProbe("No law foretells the loss of this task.", "critical-batch");
  const noTokens = needsMeasurement(
    "The length of the run was not given.",
    "training-tokens",
    "Send data.trainingTokens, smallBatchTokens and largeBatchTokens.",
  );
  const noTime = needsMeasurement(
    "No law gives the steps to a loss, and a step of this task was not timed.",
    "step-time",
    "Time a step at both batches: the run takes its steps times that.",
  );
  const steps = experimentSource("critical-batch");
  const ramp = needsProbe(
    "How the critical batch grows over the run must be measured.",
    "critical-batch",
  );
  const row = (aspect: TradeoffAspect, cell: typeof noLoss, source: string) =>
    openRow(aspect, cell, source);
  return [
    row("gradient-noise", NOISE_SCALE_MISSING, "arXiv:1812.06162, eq. (2.9)"),
    sharpnessRow(),
    row("implicit-regularisation", NOISE_SCALE_MISSING, "arXiv:2101.12176"),
    generalisationRow("unknown"),
    pathRow(),
    row("final-loss", noLoss, steps),
    row("loss-penalty", noLoss, steps),
    row(
      "parameters-for-equal-loss",
      needsProbe("No loss law holds for this task.", "compensation"),
      experimentSource("compensation"),
    ),
    row("tokens-for-equal-loss", noLoss, steps),
    row("serial-steps", noTokens, "data.trainingTokens over the batch"),
    row("step-efficiency", NOISE_SCALE_MISSING, "arXiv:1812.06162, eq. (2.11)"),
    row("token-efficiency", NOISE_SCALE_MISSING, "arXiv:1812.06162, eq. (2.11)"),
    ...openTimeRows("steps of the run times the time of one", noTime),
    row("peak-learning-rate", SEND_REFERENCE, experimentSource("learning-rate")),
    row("adam-beta2", rescale, "arXiv:2507.07101"),
    row("weight-decay", rescale, "arXiv:2505.13738"),
    row("warmup-steps", rescale, "arXiv:2406.19146"),
    row("batch-ramp", ramp, steps),
  ];
}

function verdictOf({
  task,
  rows,
  batches,
  bCrit,
  source,
}: {
  readonly task: Task;
  readonly rows: readonly TradeoffRow[];
  readonly batches: BatchPair | undefined;
  readonly bCrit: Estimate | undefined;
  readonly source: string;
}): string {
  const measure = source === "evidence.probe" ? "probe" : "noise scale";
  const first = `No published law says what the batch does to ${task}: ${rows.filter(({ status }) => status === "answered").length} of ${rows.length} rows have numbers, from your own evidence.`;
  const second =
    batches === undefined || bCrit === undefined
      ? "Send a noise scale in tokens, or a probe with data.sequenceLengthTokens, for the critical batch, and the two batches to compare."
      : `Your ${measure} puts the critical batch near ${shortNumber(bCrit.value)} tokens: the batch of ${shortNumber(batches.large)} ` +
        `is ${Number((batches.large / bCrit.value).toPrecision(2))} times that, the batch of ${shortNumber(batches.small)} ` +
        `${Number((batches.small / bCrit.value).toPrecision(2))} times.`;
  return (
    `${first} ${second} Nothing here says that a large batch generalises worse once its settings are tuned; only ` +
    "training runs show it."
  );
}
