import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findLaw, lawCatalogue } from "../../../api/numerics/laws/catalogue.ts";
import { evaluateLaw } from "../../../api/numerics/laws/evaluate-law.ts";
import type { LawInputs } from "../../../api/numerics/laws/law.ts";
import moonlightRefused from "../../vectors/liu2025-moonlight-refused.json";
import { expectClose, runVectors, type VectorFile } from "../../vectors/run-vectors.ts";

/** The vectors of a law are the file of its id. */
function vectorsOf(lawId: string): VectorFile<LawInputs> {
  const file = new URL(`../../vectors/${lawId}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as VectorFile<LawInputs>;
}

function predicted(lawId: string, inputs: LawInputs): Record<string, number> {
  const law = findLaw(lawId);
  if (law === undefined) throw new Error(`no law ${lawId}`);
  const evaluation = evaluateLaw(law, inputs);
  if (evaluation.status !== "ok") throw new Error(JSON.stringify(evaluation));
  return Object.fromEntries(evaluation.predictions.map((p) => [p.quantity, p.value]));
}

it("has known answers for every law of the catalogue and every quantity it predicts", () => {
  for (const law of lawCatalogue) {
    const known = vectorsOf(law.id).rows.flatMap((row) => Object.keys(row.expected));
    const quantities = law.outputs.map((output) => output.quantity);
    expect(new Set(known), law.id).toEqual(new Set(quantities));
  }
});

for (const { id } of lawCatalogue) {
  describe(id, () => runVectors(vectorsOf(id), (inputs) => predicted(id, inputs)));
}

describe("liu2025-moonlight above 1e22 FLOPs", () => {
  const law = findLaw("liu2025-moonlight");
  it.each(moonlightRefused.rows)("is refused at $inputs, though its formula has a value", (row) => {
    expect(law && evaluateLaw(law, row.inputs).status).toBe("outside-law");
    for (const output of law?.outputs ?? []) {
      const value = output.predict(row.inputs as Required<LawInputs>);
      const expected = row.expected[output.quantity as keyof typeof row.expected];
      expectClose(value, expected, moonlightRefused.tolerance.relative, output.quantity);
    }
  });
});
