import type { Evidence } from "../collect-evidence.ts";
import type { CoverageCount } from "../coverage-counts.ts";
import { PENALTY_FORMS, type PenaltyForm } from "../fixed-data-penalties.ts";
import type { NoiseScaleRatio } from "../noise-scale-ratios.ts";
import type { Bounded } from "../steps-to-target.ts";
import { countText } from "./axes.ts";
import { digits, figure, nats, paragraphs, percent, table } from "./markdown.ts";

/** Counts of covered intervals with their bounds. */
export function coverageSection(counts: readonly CoverageCount[], level: number): string {
  const rows = counts.map(({ of, hits, count, share, level: claimed, allowed, inside }) => [
    of,
    percent(claimed),
    `${digits(hits, 4)} of ${count}`,
    percent(share, 1),
    `${allowed.least} to ${allowed.most}`,
    inside ? "yes" : "**no**",
  ]);
  return paragraphs(
    "## Coverage",
    `Intervals of ${percent(level)}. A count fails when a two-sided test at 99 % holds it against the level. The spreads of
\`critbatch-joint\` were set on these twelve cells, so the first three lines are what they were set to; in the next three
constants and spreads alike come from the other eleven cells. The intervals of a recommendation include what a new study
adds (sd of ln about 0.4 to 0.5), so that they should hold more than ${percent(level)} of the cells of this one.`,
    figure("coverage", "Shares of covered intervals beside their binomial bounds"),
    table(["intervals", "level", "held", "share", "allowed", "inside"], rows),
  );
}

function span({ value, lower, upper }: Bounded): string {
  return `${countText(value)} (${countText(lower)} to ${countText(upper)})`;
}

/** The steps-to-target table through the fitter. */
export function stepsSection({ stepsToTarget }: Evidence): string {
  const rows = stepsToTarget.map((row) => [
    row.size,
    Math.round(row.minSteps),
    countText(row.minTokens),
    countText(row.bCritTokens),
    countText(row.printedBCritTokens),
    row.printedLogSe.toFixed(3),
    countText(row.powerLinesBCritTokens),
    span(row.panel),
    span(row.joint),
  ]);
  return paragraphs(
    "## Critical batch: steps to a fixed loss",
    `The table of Zhang et al. (arXiv:2410.21676; contexts of 512 tokens, constant learning rate with averaged weights) through
the service's fitter of hyperbolas, ln S = ln(S_min + E_min/B). "Independent" is the same fit in another program, with its
jackknife error of ln B_c. Predictions are made at the fewest tokens of each target, D_min = E_min, with 80 % intervals.`,
    figure("steps-to-target", "Steps to a fixed loss over batch with fitted hyperbolas"),
    table(
      [
        "size",
        "S_min",
        "D_min",
        "B_c",
        "independent",
        "se ln",
        "Power Lines",
        "panel",
        "critbatch-joint",
      ],
      rows,
    ),
  );
}

const FORM_NAMES: { readonly [form in PenaltyForm]: string } = {
  explicit: "explicit",
  implicit: "implicit",
  "two-sided": "two-sided refit",
  joint: "critbatch-joint",
  shipped: "as an answer says it",
};

/** Penalties at fixed tokens, with the wrong signs. */
export function penaltySection({ fixedData }: Evidence): string {
  const rows = fixedData.map(({ batchSequences, observedNats, predictedNats }) => [
    batchSequences,
    nats(observedNats, 3),
    ...PENALTY_FORMS.map((form) => {
      const predicted = predictedNats[form];
      return predicted * observedNats < 0 ? `**${nats(predicted)}**` : nats(predicted);
    }),
  ]);
  const wrong = PENALTY_FORMS.map((form) => {
    const batches = fixedData
      .filter(({ observedNats, predictedNats }) => observedNats * predictedNats[form] < 0)
      .map(({ batchSequences }) => batchSequences);
    return `${FORM_NAMES[form]}: ${batches.length === 0 ? "nowhere" : `at ${batches.join(" and ")}`}`;
  });
  const ratios = PENALTY_FORMS.map((form) => {
    const above = fixedData.filter(({ batchSequences }) => batchSequences > 252);
    const of = above.map(({ observedNats, predictedNats }) => predictedNats[form] / observedNats);
    return `${FORM_NAMES[form]} ${digits(Math.min(...of), 2)} to ${digits(Math.max(...of), 2)}`;
  });
  return paragraphs(
    "## Penalty of a batch at fixed tokens",
    `Losses of 610M parameters at 12.2B tokens (arXiv:2505.13738, tuned at each batch), less the loss at 252 sequences of 2048
tokens, in nats. Explicit and implicit: \`besiroglu2024\` with the critical batch of the table's own paper. None of the
constants of the last three columns comes from this table, but B_opt and B_c of an answer are pooled with laws of that paper.`,
    figure("penalty", "Penalty over batch at fixed tokens, measured and predicted"),
    table(["sequences", "measured", ...PENALTY_FORMS.map((form) => FORM_NAMES[form])], rows),
    `**Wrong sign** (bold; sequences) - ${wrong.join("; ")}. The closed forms have no optimal batch: below it they promise a gain
where the runs lost. Predicted over measured penalty above 252 sequences: ${ratios.join("; ")}. One model and one number of
tokens: a small check.`,
  );
}

function heldCount(
  ratios: readonly NoiseScaleRatio[],
  moment: NoiseScaleRatio["moment"],
  prior: keyof NoiseScaleRatio["inside"],
): string {
  const rows = ratios.filter((row) => row.moment === moment);
  return `${rows.filter((row) => row.inside[prior]).length} of ${rows.length}`;
}

/** Measured ratios of critical batch and noise scale beside the prior. */
export function noiseSection({ noiseRatios, noisePriors, level }: Evidence): string {
  const rows = noiseRatios.map(({ task, moment, bCrit, bSimple, logRatio, inside }) => [
    task,
    moment,
    countText(bCrit),
    countText(bSimple),
    digits(bSimple / bCrit, 2),
    logRatio.toFixed(2),
    inside.unknown ? "yes" : "no",
    inside["last-half-of-tuned-run"] ? "yes" : "no",
  ]);
  const { unknown, lastHalf } = noisePriors;
  return paragraphs(
    "## Noise scale and critical batch",
    `Table 1 of McCandlish et al. (arXiv:1812.06162) beside the service's prior on ln rho = ln(B_c / B_simple): centre
${unknown.centreLog}, sd ${unknown.sdLog} at an unknown moment; centre ${lastHalf.centreLog}, sd ${lastHalf.sdLog} over the last half
of a tuned run; for Adam both are wider. Inside ${percent(level)} of the prior at an unknown moment:
${heldCount(noiseRatios, "start", "unknown")} at the start, ${heldCount(noiseRatios, "average", "unknown")} averaged. Of the
narrower prior, which is meant for averages late in a run: ${heldCount(noiseRatios, "average", "last-half-of-tuned-run")} of the
averages. It leans towards noise scales above B_c, as of image classifiers; for autoencoders and games B_c was 10 to 20 times
the noise scale. The priors were set with this table in view, so it is no independent test; it shows how little one noise
scale says.`,
    table(
      [
        "task",
        "moment",
        "B_c",
        "B_simple",
        "B_simple/B_c",
        "ln rho",
        "in prior",
        "in narrower prior",
      ],
      rows,
    ),
    "Left out: Atari, printed as ranges, and Dota 5v5, whose B_c is a bound.",
  );
}

/** Published training runs. */
export function practiceSection({ practice }: Evidence): string {
  const columns = [practice.shipped, practice.surfaceAlone] as const;
  const row = (name: string, text: (summary: (typeof columns)[number]) => string) => [
    name,
    ...columns.map(text),
  ];
  return paragraphs(
    "## Published practice",
    `${practice.shipped.runs} published language-model runs of ${practice.shipped.families} families, one vote a family. The learning
rate is asked with the practised batch fixed. Batches are often copied from older tables, so practice judges whether the
intervals are wide enough far from the sweep, not whether the centre is right.`,
    figure("practice", "Recommended over practised batch of published runs"),
    table(
      ["", "recommendation as shipped", "critbatch-joint alone"],
      [
        row("batch inside the 80 % interval", (of) => percent(of.batchInsideShare, 1)),
        row("batch within a factor of two", (of) => percent(of.batchWithinFactorTwoShare, 1)),
        row("learning rate inside the 80 % interval", (of) =>
          percent(of.learningRateInsideShare, 1),
        ),
        row("median upper/lower end, batch", (of) => digits(of.batchWidthRatio)),
        row("median upper/lower end, learning rate", (of) => digits(of.learningRateWidthRatio)),
      ],
    ),
  );
}
