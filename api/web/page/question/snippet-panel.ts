import type { RecommendationRequest } from "../../../../sdk/generated/schema.ts";
import { byId } from "../base/dom.ts";
import { type Language, snippet } from "./snippets.ts";

let asked: RecommendationRequest = {};
let language: Language = "curl";

export function showSnippets(body: RecommendationRequest): void {
  asked = body;
  byId("code").textContent = snippet(language, asked, location.origin);
}

/** The choice of language and the button that copies. */
export function watchSnippets(): void {
  byId("languages").addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    language = target.value as Language;
    showSnippets(asked);
  });
  byId("copy").addEventListener("click", async () => {
    const copied = byId("copied");
    try {
      await navigator.clipboard.writeText(snippet(language, asked, location.origin));
      copied.textContent = "Copied.";
    } catch {
      getSelection()?.selectAllChildren(byId("code"));
      copied.textContent = "Selected. Press Ctrl+C or Cmd+C to copy.";
    }
    setTimeout(() => {
      copied.textContent = "";
    }, 2500);
  });
}
