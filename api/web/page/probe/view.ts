import { ApiProblemError } from "../../../../sdk/errors.ts";
import type { ProbeAnswer, ProbeEvidence, ProbePlan } from "../../../../sdk/generated/schema.ts";
import { type ProbeProgress, planProbe, probe } from "../../../../sdk/probe.ts";
import { byId, element } from "../base/dom.ts";
import { explain, newestOnly } from "../base/newest-only.ts";
import { showFlops, showShare, showWhole } from "../base/numbers.ts";
import { ProbeCharts } from "./charts.ts";
import { probeFieldOf, readProbeForm, watchSample } from "./form.ts";
import { resultParts } from "./result.ts";

/** A keystroke's plan is cheap, but a large text travels with it. */
const PAUSE_MS = 350;

const service = { baseUrl: location.origin };

/** Plans a probe at each change of its form, runs it, stops it, and hands its answer over. */
export class ProbeView {
  readonly #newest = newestOnly(PAUSE_MS);
  readonly #charts = new ProbeCharts();
  #running: AbortController | undefined;
  #answer: ProbeAnswer | undefined;

  constructor(use: (evidence: ProbeEvidence) => void) {
    watchSample(() => this.#plan());
    byId("probe-form").addEventListener("submit", (event) => event.preventDefault());
    byId("run").addEventListener("click", () => void this.#run());
    byId("stop").addEventListener("click", () => this.#running?.abort());
    byId("use").addEventListener("click", () => {
      const answer = this.#answer;
      if (answer === undefined) return;
      // Without what only the page draws: the question then fits a small body.
      use({ experiment: answer.experiment, result: answer.result } as ProbeEvidence);
    });
  }

  /** A look at the view plans what its form says. */
  open(): void {
    this.#plan();
  }

  #plan(): void {
    const request = readProbeForm();
    showErrors({});
    if (request === undefined) {
      this.#newest.cancel();
      byId<HTMLButtonElement>("run").disabled = true;
      byId("plan").replaceChildren(
        element("p", { class: "note" }, "Paste your data or choose a file to see the plan."),
      );
      return;
    }
    this.#newest.run(async (signal) => {
      try {
        const plan = await planProbe(service, request, { signal });
        if (signal.aborted) return;
        byId("plan").replaceChildren(...planParts(plan));
        this.#allowRun(plan.withinLimit);
      } catch (failure) {
        if (signal.aborted) return;
        this.#allowRun(false);
        byId("plan").replaceChildren(
          element("p", { class: "note" }, "No plan for these settings."),
        );
        tellFailure(failure);
      }
    });
  }

  #allowRun(planned: boolean): void {
    byId<HTMLButtonElement>("run").disabled = !planned || this.#running !== undefined;
  }

  async #run(): Promise<void> {
    const request = readProbeForm();
    if (request === undefined || this.#running !== undefined) return;
    const running = new AbortController();
    this.#setRunning(running);
    byId("progress-box").hidden = false;
    byId("result-box").hidden = true;
    this.#charts.begin();
    const began = performance.now();
    try {
      const answer = await probe(service, request, {
        signal: running.signal,
        onProgress: (progress) => {
          showProgress(progress, performance.now() - began);
          this.#charts.add(progress);
        },
      });
      this.#finish(answer, performance.now() - began);
    } catch (failure) {
      if (running.signal.aborted)
        say("Stopped. Nothing was stored; the same seed gives the same run again.");
      else {
        say(`Not finished: ${explain(failure)}`);
        tellFailure(failure);
      }
    } finally {
      this.#setRunning(undefined);
    }
  }

  #setRunning(running: AbortController | undefined): void {
    this.#running = running;
    byId<HTMLButtonElement>("run").disabled = running !== undefined;
    byId<HTMLButtonElement>("stop").disabled = running === undefined;
  }

  #finish(answer: ProbeAnswer, elapsedMs: number): void {
    this.#answer = answer;
    byId<HTMLProgressElement>("progress").value = 1;
    say(`Done: ${showFlops(answer.flops.done)} in ${seconds(elapsedMs)}.`);
    byId("result").replaceChildren(...resultParts(answer));
    byId("result-box").hidden = false;
    this.#charts.finish(answer);
  }
}

function planParts({
  flops,
  stages,
  withinLimit,
  requestFlopsLimit,
}: ProbePlan): readonly HTMLElement[] {
  return [
    element(
      "p",
      {},
      element("strong", {}, showFlops(flops.expected)),
      ` expected, ${showFlops(flops.ceiling)} at most.`,
      ...(withinLimit
        ? []
        : [` One request may use ${showFlops(requestFlopsLimit)}: use a shorter sample.`]),
    ),
    element("ol", {}, ...stages.map((stage) => element("li", {}, stage))),
  ];
}

function showProgress(progress: ProbeProgress, elapsedMs: number): void {
  const { stage, flopsDone, flopsExpected, cellsDone, cells } = progress;
  const share = Math.min(0.99, flopsDone / flopsExpected);
  byId<HTMLProgressElement>("progress").value = share;
  const left =
    share > 0.02 ? `, at most about ${seconds((elapsedMs / share) * (1 - share))} left` : "";
  say(
    `${showShare(share)}: ${stage}. ${showWhole(cellsDone)} of ${showWhole(cells)} training runs, ` +
      `${showFlops(flopsDone)}${left}.`,
  );
}

const seconds = (ms: number): string => `${showWhole(Math.max(1, ms / 1000))} s`;

function tellFailure(failure: unknown): void {
  if (!(failure instanceof ApiProblemError)) {
    say(explain(failure));
    return;
  }
  byId("progress-box").hidden = failure.errors.length > 0;
  const beside: Record<string, string> = {};
  for (const { pointer, message } of failure.errors) beside[probeFieldOf(pointer)] = message;
  showErrors(beside);
  if (failure.errors.length === 0) say(failure.detail);
}

function showErrors(messages: Readonly<Record<string, string>>): void {
  for (const id of ["sample", "seed"]) {
    byId(`${id}-error`).textContent = messages[id] ?? "";
    const input = byId(id);
    if (messages[id] === undefined) input.removeAttribute("aria-invalid");
    else input.setAttribute("aria-invalid", "true");
  }
  byId("plan-error").textContent = messages["plan"] ?? "";
}

function say(text: string): void {
  byId("progress-box").hidden = false;
  byId("progress-text").textContent = text;
}
