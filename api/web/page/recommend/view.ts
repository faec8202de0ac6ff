import { ApiProblemError } from "../../../../sdk/errors.ts";
import type {
  RecommendationAnswer,
  RecommendationRequest,
} from "../../../../sdk/generated/schema.ts";
import { byId, type Child, element } from "../base/dom.ts";
import { explain, newestOnly } from "../base/newest-only.ts";
import { followHeatMap, showHeatMap } from "../charts/heat-map.ts";
import type { Typed } from "../question/fields.ts";
import { showFieldErrors } from "../question/form.ts";
import { fieldOf, type Question } from "../question/question.ts";
import { showSnippets } from "../question/snippet-panel.ts";
import { type Answers, askAll, type Price, type Report, type Surface } from "./ask-all.ts";
import { answerFigures } from "./figures.ts";
import { takeHeadStart } from "./head-start.ts";
import { lawPanel } from "./law-panel.ts";
import { fillPart } from "./parts.ts";
import { priceOf } from "./price.ts";
import { TradeoffCharts } from "./tradeoff-charts.ts";
import { tradeoffTable } from "./tradeoff-table.ts";

/** Long enough that a word typed at speed is one question. */
const PAUSE_MS = 120;

/** Asks what the form says and shows every part of the answer; the newest question wins. */
export class RecommendView {
  readonly #newest = newestOnly(PAUSE_MS);
  readonly #charts = new TradeoffCharts();

  constructor() {
    followHeatMap();
  }

  ask({ body, unreadable }: Question, typed: Typed): void {
    showFieldErrors(unreadable);
    showSnippets(body);
    if (Object.keys(unreadable).length > 0) {
      this.#newest.cancel();
      say("A field is not a number. Correct it to see the answer.");
      return;
    }
    say("Loading…");
    this.#newest.run((signal) => this.#answer(body, typed, signal));
  }

  async #answer(body: RecommendationRequest, typed: Typed, signal: AbortSignal): Promise<void> {
    byId("answer").setAttribute("aria-busy", "true");
    const asked = takeHeadStart(body, signal) ?? askAll(body, signal);
    try {
      const answer = await asked.answer;
      if (signal.aborted) return;
      byId("figures").replaceChildren(...answerFigures(answer));
      showFieldErrors({});
      say("");
      await this.#showPictures(asked, body, signal);
      await nextFrame();
      if (signal.aborted) return;
      showLaws(answer);
      await showTables(asked, signal);
    } catch (failure) {
      if (signal.aborted) return;
      tellFailure(failure, typed);
    } finally {
      if (!signal.aborted) byId("answer").removeAttribute("aria-busy");
    }
  }

  /** All at once: what cannot be drawn says so in its own place. */
  async #showPictures(
    { report, surface }: Answers,
    { current = {} }: RecommendationRequest,
    signal: AbortSignal,
  ): Promise<void> {
    await Promise.all([
      fillPart<Report>(["curves"], signal, report, (found) => this.#charts.show(found)),
      fillPart<Surface>(["heat"], signal, surface, (found) =>
        showHeatMap({ ...found, yours: current }),
      ),
    ]);
  }
}

async function showTables({ report, price }: Answers, signal: AbortSignal): Promise<void> {
  await Promise.all([
    fillPart<Price>(["price"], signal, price, (found) =>
      byId("price").replaceChildren(...priceOf(found.price, found.batchTokens)),
    ),
    fillPart<Report>(["tradeoff"], signal, report, (found) =>
      byId("tradeoff").replaceChildren(...tradeoffTable(found.report)),
    ),
  ]);
}

/** Parts further down the page wait until the figures and pictures are on the screen. */
function nextFrame(): Promise<void> {
  return new Promise((done) => {
    // A page in the background gets no frames.
    if (document.hidden) setTimeout(done);
    else requestAnimationFrame(() => setTimeout(done));
  });
}

function showLaws({ status, ...answer }: RecommendationAnswer): void {
  const items =
    status === "insufficient-evidence" || !("evidence" in answer) ? [] : answer.evidence;
  const none: readonly Child[] = [
    element("p", { class: "note" }, "No law applies to this question."),
  ];
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
  const beyond = places > 0 ? "No answer: see the marked field." : explain(failure);
  say(elsewhere.length > 0 ? elsewhere.join("; ") : beyond);
}

function say(text: string): void {
  byId("status").textContent = text;
}
