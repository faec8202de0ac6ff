import { ApiProblemError } from "../../../../sdk/errors.ts";
import { byId } from "../base/dom.ts";
import { explain } from "../base/newest-only.ts";
import type { Part } from "./ask-all.ts";

/** Draws one part of the page; what it cannot show is said in that part's own place. */
export async function fillPart<T extends object>(
  hosts: readonly string[],
  signal: AbortSignal,
  part: Promise<Part<T>>,
  draw: (found: T) => void,
): Promise<void> {
  const found = await part.catch(absence);
  if (signal.aborted) return;
  const reason = typeof found === "string" ? found : undefined;
  for (const id of hosts) {
    const host = byId(id).closest<HTMLElement>("[data-part]");
    const note = host?.querySelector(".absent");
    host?.classList.toggle("without", reason !== undefined);
    if (note !== null && note !== undefined) note.textContent = reason ?? "";
  }
  if (typeof found !== "string") draw(found);
}

/** If the whole question is refused, the message is already beside its field. */
function absence(failure: unknown): string {
  return failure instanceof ApiProblemError ? "No answer for this question." : explain(failure);
}
