import { describe, expect, it } from "vitest";
import { lawCatalogue } from "../../../api/numerics/laws/catalogue.ts";
import {
  BATCH_PANEL,
  CRITICAL_BATCH_PANEL,
  LEARNING_RATE_PANEL,
  type PanelSpec,
} from "../../../api/services/evidence/panel-specs.ts";

const members = (spec: PanelSpec) => [
  ...(spec.anchor ? [spec.anchor.member] : []),
  ...spec.sameData,
  ...spec.pooled,
];

describe.each([
  { name: "optimal batch", spec: BATCH_PANEL, left: [] },
  { name: "critical batch", spec: CRITICAL_BATCH_PANEL, left: [] },
  // It needs a learning rate and a noise scale to say one.
  { name: "learning rate", spec: LEARNING_RATE_PANEL, left: ["surge2024"] },
])("the panel of the $name", ({ spec, left }) => {
  it("asks every published law of the catalogue that predicts it from size and length", () => {
    const able = lawCatalogue.filter(({ outputs }) =>
      outputs.some((output) => output.quantity === spec.quantity),
    );
    const asked = new Set(members(spec).map(({ law }) => law.id));
    const missing = able.filter(
      ({ id, source }) => !asked.has(id) && source.authors !== "critbatch",
    );
    expect(missing.map(({ id }) => id)).toEqual(left);
  });

  it("gives the runs of one sweep one vote: its twins stand beside it without weight", () => {
    const voters = [...(spec.anchor ? [spec.anchor.member] : []), ...spec.pooled];
    const sweep = "step-law-runs";
    expect(voters.filter(({ law }) => law.cluster === sweep)).toHaveLength(1);
    for (const { law } of spec.sameData) expect(law.cluster).toBe(sweep);
  });
});
