import { byId, element } from "../base/dom.ts";
import { FIELDS, type Typed } from "./fields.ts";
import { PRESETS } from "./presets.ts";

type Input = HTMLInputElement | HTMLSelectElement;

export function readForm(): Typed {
  const filled = FIELDS.flatMap(({ id }) => {
    const text = inputOf(id).value.trim();
    return text === "" ? [] : [[id, text] as const];
  });
  return Object.fromEntries(filled);
}

export function writeForm(typed: Typed): void {
  for (const { id, further } of FIELDS) {
    inputOf(id).value = typed[id] ?? "";
    // What is set must be seen.
    if (further === true && typed[id] !== undefined)
      byId<HTMLDetailsElement>("further").open = true;
  }
  const same = PRESETS.find((preset) => isSame(preset.typed, typed));
  byId<HTMLSelectElement>("preset").value = same?.id ?? "";
}

function isSame(one: Typed, other: Typed): boolean {
  return FIELDS.every(({ id }) => (one[id] ?? "") === (other[id] ?? ""));
}

/** Calls back with the content of the form at each keystroke and each choice of a preset. */
export function watchForm(onChange: (typed: Typed) => void): void {
  const form = byId<HTMLFormElement>("question");
  const preset = byId<HTMLSelectElement>("preset");
  for (const { id, label, source } of PRESETS) {
    preset.append(element("option", { value: id, title: source }, label));
  }
  const showSource = () => {
    const chosen = PRESETS.find(({ id }) => id === preset.value);
    byId("preset-source").textContent = chosen?.source ?? "";
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", ({ target }) => {
    const chosen = PRESETS.find(({ id }) => id === preset.value);
    if (target === preset && chosen !== undefined) writeForm(chosen.typed);
    const typed = readForm();
    if (target !== preset) writeForm(typed);
    showSource();
    onChange(typed);
  });
  showSource();
}

/** Messages beside their fields; those of the fields not named are taken away. */
export function showFieldErrors(messages: Readonly<Record<string, string>>): void {
  for (const { id } of FIELDS) {
    const message = messages[id];
    byId(`${id}-error`).textContent = message ?? "";
    const input = inputOf(id);
    if (message === undefined) input.removeAttribute("aria-invalid");
    else {
      input.setAttribute("aria-invalid", "true");
      if (input.closest("#further") !== null) byId<HTMLDetailsElement>("further").open = true;
    }
  }
}

const inputOf = (id: string): Input => byId<HTMLInputElement>(`field-${id}`);
