import { compensate, lossSurface, recommend, reportTradeoff } from "../../../sdk/calls.ts";
import { ApiProblemError } from "../../../sdk/errors.ts";
import type {
  RecommendationAnswer,
  RecommendationRequest,
  Recommended,
  TradeoffCurve,
  TradeoffReported,
} from "../../../sdk/generated/schema.ts";
import { Chart, type Mark } from "./chart.ts";
import { byId, type Child, element } from "./dom.ts";
import type { Typed } from "./fields.ts";
import { answerFigures } from "./figures.ts";
import { showFieldErrors } from "./form.ts";
import { followHeatMap, showHeatMap } from "./heat-map.ts";
import { lawPanel } from "./law-panel.ts";
import { explain, newestOnly } from "./newest-only.ts";
import { showAmount, showValue } from "./numbers.ts";
import { priceOf } from "./price.ts";
import { fieldOf, type Question } from "./question.ts";
import { showSnippets } from "./snippet-panel.ts";
import { tradeoffTable } from "./tradeoff-table.ts";

/** Long enough that a word typed at speed is one question. */
const PAUSE_MS = 120;

const service = { baseUrl: location.origin, retries: 1 };

/** Asks what the form says and shows every part of the answer; the newest question wins. */
export class RecommendView {
  readonly #newest = newestOnly(PAUSE_MS);
  readonly #charts = {
    loss: new Chart(byId("chart-loss")),
    rate: new Chart(byId("chart-rate")),
    steps: new Chart(byId("chart-steps")),
  };

  constructor() {
    followHeatMap();
  }

  ask({ body, unreadable }: Question, typed: Typed): void {
    showFieldErrors(unreadable);
    showSnippets(body);
    if (Object.keys(unreadable).length > 0) {
      this.#newest.cancel();
      say("Not asked: a field cannot be read.");
      return;
    }
    say("Asking…");
    this.#newest.run((signal) => this.#answer(body, typed, signal));
  }

  async #answer(body: RecommendationRequest, typed: Typed, signal: AbortSignal): Promise<void> {
    byId("answer").setAttribute("aria-busy", "true");
    try {
      const answer = await recommend(service, body, { signal });
      if (signal.aborted) return;
      byId("figures").replaceChildren(...answerFigures(answer));
      showFieldErrors({});
      say("");
      showLaws(answer);
      // All at once: what cannot be drawn says so in its own place.
      await Promise.all([
        this.#showReport(answer, body, signal),
        this.#showSurface(answer, body, signal),
        this.#showPrice(answer, body, signal),
      ]);
    } catch (failure) {
      if (signal.aborted) return;
      tellFailure(failure, typed);
    } finally {
      if (!signal.aborted) byId("answer").removeAttribute("aria-busy");
    }
  }

  async #showReport(
    answer: RecommendationAnswer,
    body: RecommendationRequest,
    signal: AbortSignal,
  ): Promise<void> {
    await fill(["curves", "tradeoff"], signal, async () => {
      if (answer.status !== "recommended") {
        return "For this task no published law applies: there is nothing to draw.";
      }
      const yours = body.current?.batchTokens;
      const side = sideOf(yours, answer.batch.batchTokens.value);
      const batches = side === undefined ? {} : { [`${side}BatchTokens`]: yours };
      const report = await reportTradeoff(service, { ...body, ...batches }, { signal });
      if (report.status === "reported" && !signal.aborted) this.#drawReport(report, side);
      return undefined;
    });
  }

  #drawReport(report: TradeoffReported, side: Side | undefined): void {
    const { lossVsBatch, learningRateVsBatch, stepsVsTokens } = report.curves;
    byId("tradeoff").replaceChildren(...tradeoffTable(report));
    const batchAxis = { xLabel: "batch, tokens", showX: showAmount };
    if (lossVsBatch !== undefined) {
      this.#charts.loss.show({
        title: "Loss against batch",
        ...batchAxis,
        yLabel: "nats per token",
        ...curveOf(lossVsBatch, side),
        yLog: false,
        showY: showValue,
      });
    }
    if (learningRateVsBatch !== undefined) {
      this.#charts.rate.show({
        title: "Learning rate against batch",
        ...batchAxis,
        yLabel: "peak learning rate",
        ...curveOf(learningRateVsBatch, side),
        yLog: true,
        showY: showValue,
      });
    }
    if (stepsVsTokens !== undefined) {
      this.#charts.steps.show({
        title: "Steps against tokens",
        xLabel: "tokens to one loss",
        showX: showAmount,
        yLabel: "steps",
        ...curveOf(stepsVsTokens, side),
        yLog: true,
        showY: showAmount,
      });
    }
  }

  async #showSurface(
    answer: RecommendationAnswer,
    body: RecommendationRequest,
    signal: AbortSignal,
  ): Promise<void> {
    await fill(["heat"], signal, async () => {
      const { model, data, current } = body;
      const size =
        model !== undefined && "nonEmbeddingParams" in model
          ? { nonEmbeddingParams: model.nonEmbeddingParams }
          : model !== undefined && "totalParams" in model
            ? { totalParams: model.totalParams }
            : undefined;
      if (size === undefined || data?.trainingTokens === undefined) {
        return "The map needs parameters and training tokens.";
      }
      if (answer.status !== "recommended") return "The map is of pre-training runs.";
      const center = {
        batchTokens: answer.batch.batchTokens.value,
        peakLearningRate: answer.learningRate.peakLearningRate.value,
      };
      const surface = await lossSurface(
        service,
        {
          ...size,
          trainingTokens: data.trainingTokens,
          batchTokens: axisAround(center.batchTokens, current?.batchTokens, 40, 64),
          peakLearningRate: axisAround(center.peakLearningRate, current?.peakLearningRate, 16, 44),
        },
        { signal },
      );
      if (!signal.aborted) showHeatMap({ surface, recommended: center, yours: current ?? {} });
      return undefined;
    });
  }

  async #showPrice(
    answer: RecommendationAnswer,
    body: RecommendationRequest,
    signal: AbortSignal,
  ): Promise<void> {
    await fill(["price"], signal, async () => {
      if (answer.status !== "recommended") return "No price without a pre-training law.";
      const batchTokens = body.current?.batchTokens;
      if (batchTokens === undefined) return "Type your batch to see what it costs.";
      const price = await compensate(service, priceQuestion(answer, body, batchTokens), { signal });
      if (!signal.aborted) byId("price").replaceChildren(...priceOf(price, batchTokens));
      return undefined;
    });
  }
}

/** The reader's batch, priced against the optimal one with the critical batch of the answer. */
function priceQuestion(
  { parameters, data, criticalBatch }: Recommended,
  body: RecommendationRequest,
  batchTokens: number,
) {
  return {
    model: body.model ?? { nonEmbeddingParams: parameters.nonEmbeddingParams.value },
    data: { ...body.data, trainingTokens: data.trainingTokens.value },
    batchTokens,
    bCritTokens: criticalBatch.bCritTokens,
    relativeTo: "optimal-batch",
  } as const;
}

/** The range of an axis: a factor around the recommendation, and the reader's own value with some room. */
function axisAround(center: number, own: number | undefined, factor: number, points: number) {
  return {
    min: Math.min(center / factor, (own ?? center) / 2),
    max: Math.max(center * factor, (own ?? center) * 2),
    points,
  };
}

const MARK_KINDS: Readonly<Record<string, readonly [Mark["kind"], string]>> = {
  optimal: ["optimal", "optimal"],
  critical: ["critical", "critical"],
  wall: ["wall", "wall"],
};

type Side = "small" | "large";

/** Which batch of the report the reader's own is; none where it is the recommended one. */
function sideOf(yours: number | undefined, recommended: number): Side | undefined {
  if (yours === undefined || yours === recommended) return undefined;
  return yours > recommended ? "large" : "small";
}

function curveOf({ x, y, lower, upper, marks }: TradeoffCurve, ownSide: Side | undefined) {
  return {
    x,
    y,
    lower,
    upper,
    marks: marks.flatMap(({ id, x: at }): Mark[] => {
      if (id === ownSide) return [{ x: at, label: "yours", kind: "yours" }];
      const known = MARK_KINDS[id];
      return known === undefined ? [] : [{ x: at, kind: known[0], label: known[1] }];
    }),
  };
}

/** Runs one part of the page; what it cannot show is said in that part's own place. */
async function fill(
  parts: readonly string[],
  signal: AbortSignal,
  work: () => Promise<string | undefined>,
): Promise<void> {
  let text: string | undefined;
  try {
    text = await work();
  } catch (failure) {
    if (signal.aborted) return;
    // A refusal of the whole question is told beside its field already.
    text =
      failure instanceof ApiProblemError ? "Nothing to show for this question." : explain(failure);
  }
  if (signal.aborted) return;
  for (const part of parts) {
    const host = byId(part).closest<HTMLElement>("[data-part]");
    const note = host?.querySelector(".absent");
    host?.classList.toggle("without", text !== undefined);
    if (note !== null && note !== undefined) note.textContent = text ?? "";
  }
}

function showLaws({ status, ...answer }: RecommendationAnswer): void {
  const items =
    status === "insufficient-evidence" || !("evidence" in answer) ? [] : answer.evidence;
  const none: readonly Child[] = [element("p", { class: "note" }, "No law was asked.")];
  byId("laws").replaceChildren(...(items.length === 0 ? none : lawPanel(items)));
}

function tellFailure(failure: unknown, typed: Typed): void {
  const errors = failure instanceof ApiProblemError ? failure.errors : [];
  const beside: Record<string, string> = {};
  const elsewhere: string[] = [];
  for (const { pointer, message } of errors) {
    const field = fieldOf(pointer, typed);
    if (field === undefined) elsewhere.push(`${pointer || "the question"}: ${message}`);
    else beside[field.id] = message;
  }
  showFieldErrors(beside);
  const places = Object.keys(beside).length;
  const beyond = places > 0 ? "Not answered: see the marked field." : explain(failure);
  say(elsewhere.length > 0 ? elsewhere.join("; ") : beyond);
}

function say(text: string): void {
  byId("status").textContent = text;
}
