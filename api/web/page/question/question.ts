import { NUMBER_FORMS, readQuantity } from "../../../../sdk/cli/quantity-text.ts";
import type { ProbeEvidence, RecommendationRequest } from "../../../../sdk/generated/schema.ts";
import { FIELDS, type Field, type Typed } from "./fields.ts";

/** The body of the API's call, and what could not be read, by field. */
export interface Question {
  readonly body: RecommendationRequest;
  readonly unreadable: Readonly<Record<string, string>>;
}

/** Reads the form: quantities as people write them, empty fields left out. */
export function readQuestion(typed: Typed, probe?: ProbeEvidence): Question {
  const unreadable: Record<string, string> = {};
  const body: Record<string, Record<string, unknown> | string> = {};
  for (const field of FIELDS) {
    const text = typed[field.id]?.trim() ?? "";
    if (text === "" || field.id === "count") continue;
    const value = field.choices === undefined ? readQuantity(text) : text;
    if (value === undefined) unreadable[field.id] = `expected ${NUMBER_FORMS}`;
    else place(body, pointerOf(field, typed), value);
  }
  if (probe !== undefined) body["evidence"] = { probe };
  return { body: body as RecommendationRequest, unreadable };
}

/** Where a field goes; the parameters' place follows from how they are counted. */
function pointerOf({ id, pointer }: Field, typed: Typed): string {
  return id === "params" && typed["count"] === "total" ? "/model/totalParams" : pointer;
}

function place(
  body: Record<string, Record<string, unknown> | string>,
  pointer: string,
  value: string | number,
): void {
  const [block = "", name] = pointer.slice(1).split("/");
  if (name === undefined) body[block] = String(value);
  else body[block] = { ...(body[block] as object | undefined), [name]: value };
}

/** The field that an error of the API is about: the one it names, or one inside what it names. */
export function fieldOf(pointer: string, typed: Typed): Field | undefined {
  return (
    FIELDS.find((field) => pointerOf(field, typed) === pointer) ??
    FIELDS.find((field) => pointer !== "" && pointerOf(field, typed).startsWith(`${pointer}/`))
  );
}

/** The state of the page as the part of its address after #, which never leaves the browser. */
export function toAddress(typed: Typed, view: string): string {
  const known = FIELDS.flatMap(({ id }) => {
    const text = typed[id] ?? "";
    return text === "" ? [] : [[id, text]];
  });
  if (view !== "recommend") known.push(["view", view]);
  return `#${new URLSearchParams(known)}`;
}

/** What the page shows to someone who has typed nothing yet. */
const EXAMPLE: Typed = {
  params: "1B",
  tokens: "20B",
  batch: "4M",
  rate: "3e-4",
  sequence: "2048",
};

export function fromAddress(hash: string): { readonly typed: Typed; readonly view: string } {
  const given = new URLSearchParams(hash.slice(1));
  const typed = FIELDS.flatMap(({ id }) => {
    const text = given.get(id);
    return text === null || text === "" ? [] : [[id, text] as const];
  });
  return {
    typed: typed.length > 0 ? Object.fromEntries(typed) : EXAMPLE,
    view: given.get("view") === "probe" ? "probe" : "recommend",
  };
}
