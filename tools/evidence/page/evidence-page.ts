import type { ProofResult } from "../../../tests/proofs/proof.ts";
import type { Evidence } from "../collect-evidence.ts";
import { type CoverageCount, coverageCounts } from "../coverage-counts.ts";
import { FORMS_TRIED } from "../forms-tried.ts";
import type { LeaveOneOut } from "../leave-one-out.ts";
import { certificates } from "./certificates.ts";
import { coveragePlot } from "./coverage-plot.ts";
import { limitsSection } from "./limits-section.ts";
import { paragraphs } from "./markdown.ts";
import { optimumPlot } from "./optimum-plot.ts";
import {
  coverageSection,
  noiseSection,
  penaltySection,
  practiceSection,
  stepsSection,
} from "./others-section.ts";
import { penaltyPlot } from "./penalty-plot.ts";
import { practicePlot } from "./practice-plot.ts";
import { regretPlot } from "./regret-plot.ts";
import { constantsSection, formsSection, regretSection } from "./regret-section.ts";
import { rounded } from "./rounding.ts";
import { stepsPlot } from "./steps-plot.ts";
import { type Verdict, verdicts, verdictTable } from "./verdicts.ts";

/** The files of the page by their path below docs, and what the command prints. */
export interface EvidencePage {
  readonly files: ReadonlyMap<string, string>;
  readonly summary: string;
}

function heldOut({ meanRegretNats, maxRegretNats, rmseNats, cells }: LeaveOneOut) {
  return {
    meanRegretNats,
    maxRegretNats,
    rmseNats,
    cells: cells.map(({ cell, regretNats, rmseNats: cellRmseNats }) => ({
      id: cell.id,
      regretNats,
      rmseNats: cellRmseNats,
    })),
  };
}

/** Every figure of the page, four digits each. Published runs are counted, not copied. */
function evidenceJson(
  evidence: Evidence,
  counts: readonly CoverageCount[],
  reached: readonly Verdict[],
): string {
  const { surface, sweep, practice, noisePriors, noiseRatios } = evidence;
  const figures = {
    source: { sweep: "arXiv:2503.04715, public runs of the dense sweep", ...sweep },
    verdicts: reached,
    regret: {
      laws: surface.laws,
      lawsLeftOut: evidence.lawsLeftOut,
      critbatchJoint: {
        inSample: heldOut(surface.inSample),
        withoutTheCell: heldOut(surface.withoutTheCell),
        withoutTheSize: heldOut(surface.withoutTheSize),
        withoutTheRatio: heldOut(surface.withoutTheRatio),
      },
      recommendation: evidence.pooled,
      noiseFloor: surface.floor,
    },
    optima: evidence.optima,
    coverage: counts,
    lossCoverageByCell: evidence.nested.lossByCell,
    stepsToTarget: evidence.stepsToTarget,
    fixedDataPenalties: evidence.fixedData,
    noiseScale: { priors: noisePriors, ratios: noiseRatios },
    practice: { shipped: practice.shipped, surfaceAlone: practice.surfaceAlone },
    formsTried: FORMS_TRIED,
  };
  const digest = { sha256: sweep.sha256, runs: sweep.runs, cells: sweep.cells };
  const written = { ...(rounded(figures) as object), source: { ...figures.source, ...digest } };
  return `${JSON.stringify(written, null, 1)}\n`;
}

function page(
  evidence: Evidence,
  counts: readonly CoverageCount[],
  reached: readonly Verdict[],
  proofs: readonly ProofResult[],
): string {
  const { sweep } = evidence;
  return `${paragraphs(
    "# Evidence",
    `How good the answers are, measured. Written by \`npm run evidence\` and not by hand; the figures stand at four digits in
[evidence.json](evidence.json). How the answers come about: [method.md](method.md). Losses and regrets are in nats per
token.`,
    `Judged on ${sweep.runs} public runs in ${sweep.cells} cells of parameters and tokens (arXiv:2503.04715; SHA-256 of the file
\`${sweep.sha256}\`), on three published tables and on published training runs. The runs are not part of this repository:
set \`CRITBATCH_DATA\` to their folder to write the page again, and \`npm run evidence -- --check\` to compare it.`,
    "## In short",
    verdictTable(reached),
    "### What these figures do not say",
    limitsSection(evidence),
    regretSection(evidence),
    coverageSection(counts, evidence.level),
    stepsSection(evidence),
    penaltySection(evidence),
    noiseSection(evidence),
    practiceSection(evidence),
    formsSection(evidence),
    constantsSection(evidence),
    certificates(proofs),
  )}\n`;
}

/** Puts the collected evidence into Markdown, JSON and pictures. Same evidence, same bytes. */
export function evidencePage(evidence: Evidence, proofs: readonly ProofResult[]): EvidencePage {
  const counts = coverageCounts(evidence);
  const reached = verdicts(evidence, counts);
  const files = new Map([
    ["evidence.md", page(evidence, counts, reached, proofs)],
    ["evidence.json", evidenceJson(evidence, counts, reached)],
    ["evidence/regret.svg", regretPlot(evidence)],
    ["evidence/optimum.svg", optimumPlot(evidence)],
    ["evidence/coverage.svg", coveragePlot(counts)],
    ["evidence/steps-to-target.svg", stepsPlot(evidence.stepsToTarget)],
    ["evidence/penalty.svg", penaltyPlot(evidence.fixedData)],
    ["evidence/practice.svg", practicePlot(evidence.practice.rows)],
  ]);
  return { files, summary: verdictTable(reached) };
}
