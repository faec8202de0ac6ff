// The first script of the page: asks its first question while the rest of the page is still on its way.
import type { RecommendationRequest } from "../../../../sdk/generated/schema.ts";
import { fromAddress, readQuestion } from "../question/question.ts";
import { type Answers, askAll } from "./ask-all.ts";

interface HeadStart {
  readonly question: string;
  readonly asked: Answers;
  readonly controller: AbortController;
}

let begun: HeadStart | undefined = begin();

function begin(): HeadStart | undefined {
  const { body, unreadable } = readQuestion(fromAddress(location.hash).typed);
  if (Object.keys(unreadable).length > 0) return undefined;
  const controller = new AbortController();
  const asked = askAll(body, controller.signal);
  return { question: JSON.stringify(body), asked, controller };
}

/** The answers requested ahead, if they are for this question; they can be taken once. */
export function takeHeadStart(
  body: RecommendationRequest,
  signal: AbortSignal,
): Answers | undefined {
  const taken = begun;
  begun = undefined;
  if (taken === undefined) return undefined;
  const { question, asked, controller } = taken;
  if (question !== JSON.stringify(body)) {
    controller.abort();
    return undefined;
  }
  signal.addEventListener("abort", () => controller.abort());
  return asked;
}
