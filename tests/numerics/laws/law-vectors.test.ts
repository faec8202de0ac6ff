import { describe, expect, it } from "vitest";
import { findLaw, lawCatalogue } from "../../../api/numerics/laws/catalogue.ts";
import { evaluateLaw } from "../../../api/numerics/laws/evaluate-law.ts";
import type { LawInputs } from "../../../api/numerics/laws/law.ts";
import bergsma from "../../vectors/bergsma2025-power-lines.json";
import besiroglu from "../../vectors/besiroglu2024.json";
import deepseek from "../../vectors/bi2024-deepseek.json";
import bjorck from "../../vectors/bjorck2024-horizon.json";
import joint from "../../vectors/critbatch-joint.json";
import refit from "../../vectors/critbatch-refit.json";
import hoffmann from "../../vectors/hoffmann2022-approach3.json";
import minicpm from "../../vectors/hu2024-minicpm.json";
import kaplan from "../../vectors/kaplan2020.json";
import stepLaw from "../../vectors/li2025-step-law.json";
import moonlight from "../../vectors/liu2025-moonlight.json";
import moonlightRefused from "../../vectors/liu2025-moonlight-refused.json";
import olmo from "../../vectors/olmo-ladder.json";
import porian from "../../vectors/porian2024.json";
import { expectClose, runVectors, type VectorFile } from "../../vectors/run-vectors.ts";
import schaipp from "../../vectors/schaipp2026.json";
import shuai from "../../vectors/shuai2024.json";
import surge from "../../vectors/surge2024.json";
import zhang from "../../vectors/zhang2024-cbs.json";

const vectorsByLaw: Readonly<Record<string, VectorFile<LawInputs>>> = {
  "bergsma2025-power-lines": bergsma,
  besiroglu2024: besiroglu,
  "bi2024-deepseek": deepseek,
  "bjorck2024-horizon": bjorck,
  "critbatch-joint": joint,
  "critbatch-refit": refit,
  "hoffmann2022-approach3": hoffmann,
  "hu2024-minicpm": minicpm,
  kaplan2020: kaplan,
  "li2025-step-law": stepLaw,
  "liu2025-moonlight": moonlight,
  "olmo-ladder": olmo,
  porian2024: porian,
  schaipp2026: schaipp,
  shuai2024: shuai,
  surge2024: surge,
  "zhang2024-cbs": zhang,
};

function predicted(lawId: string, inputs: LawInputs): Record<string, number> {
  const law = findLaw(lawId);
  if (law === undefined) throw new Error(`no law ${lawId}`);
  const evaluation = evaluateLaw(law, inputs);
  if (evaluation.status !== "ok") throw new Error(JSON.stringify(evaluation));
  return Object.fromEntries(evaluation.predictions.map((p) => [p.quantity, p.value]));
}

it("has known answers for every law of the catalogue and every quantity it predicts", () => {
  expect(Object.keys(vectorsByLaw).sort()).toEqual(lawCatalogue.map((law) => law.id).sort());
  for (const law of lawCatalogue) {
    const known = vectorsByLaw[law.id]?.rows.flatMap((row) => Object.keys(row.expected)) ?? [];
    const quantities = law.outputs.map((output) => output.quantity);
    expect(new Set(known), law.id).toEqual(new Set(quantities));
  }
});

for (const [lawId, vectors] of Object.entries(vectorsByLaw)) {
  describe(lawId, () => runVectors(vectors, (inputs) => predicted(lawId, inputs)));
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
