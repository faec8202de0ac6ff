// The web page: one form, two views, all state in the address after #.
import "uplot/dist/uPlot.min.css";
import "../page.css";
import type { ProbeEvidence } from "../../../sdk/generated/schema.ts";
import { byId, element } from "./base/dom.ts";
import { explainTerms } from "./base/term-link.ts";
import { followTheme } from "./base/theme.ts";
import { ProbeView } from "./probe/view.ts";
import { readForm, watchForm, writeForm } from "./question/form.ts";
import { fromAddress, readQuestion, toAddress } from "./question/question.ts";
import { watchSnippets } from "./question/snippet-panel.ts";
import { RecommendView } from "./recommend/view.ts";

let view = "recommend";
let evidence: ProbeEvidence | undefined;

followTheme();
explainTerms();
watchSnippets();
const recommendView = new RecommendView();
let probeView: ProbeView | undefined;
watchForm(() => {
  history.replaceState(null, "", toAddress(readForm(), view));
  ask();
});
byId("views").addEventListener("click", (event) => {
  const link =
    event.target instanceof Element ? event.target.closest<HTMLElement>("[data-view]") : null;
  const chosen = link?.dataset["view"];
  if (chosen === undefined) return;
  event.preventDefault();
  go(chosen);
});
byId("skip").addEventListener("click", (event) => {
  // The part of the address after # is the state of the page, no place in it.
  event.preventDefault();
  byId(view === "probe" ? "probe-answer" : "answer").focus();
});
addEventListener("hashchange", readAddress);
addEventListener("popstate", readAddress);
readAddress();

function readAddress(): void {
  const given = fromAddress(location.hash);
  view = given.view;
  writeForm(given.typed);
  showView();
  ask();
}

function go(chosen: string): void {
  view = chosen;
  history.pushState(null, "", toAddress(readForm(), view));
  showView();
  scrollTo(0, 0);
}

function showView(): void {
  byId("recommend-view").hidden = view !== "recommend";
  byId("probe-view").hidden = view !== "probe";
  for (const link of byId("views").querySelectorAll<HTMLElement>("[data-view]")) {
    if (link.dataset["view"] === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (view !== "probe") return;
  probeView ??= new ProbeView(takeOver);
  probeView.open();
}

function takeOver(probe: ProbeEvidence): void {
  evidence = probe;
  showEvidence();
  go("recommend");
  ask();
}

function ask(): void {
  const typed = readForm();
  recommendView.ask(readQuestion(typed, evidence), typed);
}

/** Says that a probe goes into the answer, and lets it be taken out again. */
function showEvidence(): void {
  const host = byId("evidence");
  if (evidence === undefined) {
    host.replaceChildren();
    return;
  }
  const drop = element("button", { type: "button", class: "quiet" }, "Remove");
  drop.addEventListener("click", () => {
    evidence = undefined;
    showEvidence();
    ask();
  });
  host.replaceChildren(
    element("span", {}, `The answer uses your ${evidence.experiment} probe. `),
    drop,
  );
}
