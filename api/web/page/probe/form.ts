import { readQuantity } from "../../../../sdk/cli/quantity-text.ts";
import type { ProbeRequest } from "../../../../sdk/generated/schema.ts";
import { byId } from "../base/dom.ts";
import { showWhole } from "../base/numbers.ts";

type Source = "teacher" | "synthetic" | "quadratic" | "text" | "csv";

const textOf = (id: string): string => byId<HTMLInputElement>(id).value;

function chosenSource(): Source {
  const chosen = document.querySelector<HTMLInputElement>('input[name="source"]:checked');
  return (chosen?.value ?? "teacher") as Source;
}

/** What the form asks for; undefined while its sample is empty. */
export function readProbeForm(): ProbeRequest | undefined {
  const task = readTask();
  if (task === undefined) return undefined;
  const text = textOf("seed").trim();
  // What cannot be read as a number goes as it is, for the API to say what it expects.
  const seed = text === "" ? 1 : (readQuantity(text) ?? (text as unknown as number));
  return { experiment: textOf("experiment") as ProbeRequest["experiment"], task, seed };
}

function readTask(): ProbeRequest["task"] | undefined {
  const sample = textOf("sample");
  switch (chosenSource()) {
    case "teacher":
      return { kind: "teacher" };
    case "synthetic":
      return { kind: "language", synthetic: {} };
    case "quadratic":
      return { kind: "quadratic" };
    case "text":
      return sample === "" ? undefined : { kind: "language", text: sample };
    case "csv":
      return sample === ""
        ? undefined
        : {
            kind: "table",
            csv: sample,
            target: textOf("target") as "classification" | "regression",
          };
  }
}

/** Where an error of the API belongs in the form. */
export function probeFieldOf(pointer: string): string {
  if (pointer.startsWith("/seed")) return "seed";
  const ownSample = ["text", "csv"].includes(chosenSource());
  return pointer.startsWith("/task") && ownSample ? "sample" : "plan";
}

/** Calls back at every change of task, experiment, seed or sample; files may be chosen or dropped. */
export function watchSample(onChange: () => void): void {
  const sample = byId<HTMLTextAreaElement>("sample");
  const changed = () => {
    const source = chosenSource();
    byId("sample-box").hidden = source !== "text" && source !== "csv";
    byId("target-box").hidden = source !== "csv";
    const { size } = new Blob([sample.value]);
    byId("sample-size").textContent = size === 0 ? "" : `${showWhole(size)} bytes`;
    onChange();
  };
  const take = (text: string, source: Source | undefined) => {
    if (source !== undefined) choose(source);
    sample.value = text;
    changed();
  };
  const takeFile = async (file: File | undefined) => {
    if (file !== undefined) take(await file.text(), isTable(file) ? "csv" : "text");
  };
  byId("probe-form").addEventListener("input", ({ target }) => {
    if (target !== byId("sample-file")) changed();
  });
  byId<HTMLInputElement>("sample-file").addEventListener("change", ({ target }) => {
    void takeFile((target as HTMLInputElement).files?.[0]);
  });
  acceptDrops(byId("probe-view"), sample, (dropped) => {
    const text = dropped.getData("text/plain");
    // A piece of text does not say what it is: the open box takes it as what it expects.
    if (text === "") void takeFile(dropped.files[0]);
    else take(text, chosenSource() === "csv" ? undefined : "text");
  });
}

const isTable = ({ name, type }: File): boolean => /\.csv$/i.test(name) || type === "text/csv";

function choose(source: Source): void {
  const input = document.querySelector<HTMLInputElement>(`input[name="source"][value="${source}"]`);
  if (input !== null) input.checked = true;
}

/** A file or text may be dropped anywhere on the view: a miss of the box must not leave the page. */
function acceptDrops(
  zone: HTMLElement,
  box: HTMLElement,
  take: (dropped: DataTransfer) => void,
): void {
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    box.classList.add("over");
  });
  zone.addEventListener("dragleave", () => box.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    if (event.dataTransfer !== null) take(event.dataTransfer);
  });
}
