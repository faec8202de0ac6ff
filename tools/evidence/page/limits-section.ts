import { CRITBATCH_JOINT } from "../../../api/numerics/surface/constants.ts";
import type { Evidence } from "../collect-evidence.ts";
import { FORMS_TRIED } from "../forms-tried.ts";
import { digits, geometricMean, nats, percent } from "./markdown.ts";

/** What the figures do not show, or show against the service. */
export function limitsSection(evidence: Evidence): string {
  const { surface, pooled, optima, practice, stepsToTarget, nested } = evidence;
  const { withoutTheCell, withoutTheSize, withoutTheRatio, floor } = surface;
  const worst = optima.reduce((a, b) => (a.regretNats > b.regretNats ? a : b));
  const shares = nested.lossByCell.map(({ share }) => share);
  const ratio = geometricMean(
    stepsToTarget.map(({ joint, bCritTokens }) => joint.value / bCritTokens),
  );
  const ratioToPowerLines = geometricMean(
    stepsToTarget.map(({ joint, powerLinesBCritTokens }) => joint.value / powerLinesBCritTokens),
  );
  const { strangers, heldOut } = pooled;
  const points = [
    `**One sweep.** All regrets come from twelve cells of one group, one text and one protocol (AdamW, cosine to 1e-5,
beta2 0.95, weight decay 0.1; 2.1e8 to 1.07e9 parameters, 4e9 to 8e10 tokens). Leaving cells out tells how the surface
interpolates and how it moves to a neighbouring size; it does not tell how it does on another text or optimizer.`,
    `**The form was chosen on these scores.** ${FORMS_TRIED.length} forms were compared by the same leave-one-out figures
that are shown here, and several differ by less than the noise floor (${nats(floor.meanNats)}). The constants of each
fold have not seen their cell; the choice of the form has, and the figures are that much too good.`,
    `**The largest regret is near its limit**: ${nats(worst.regretNats, 5)} nats in cell ${worst.id}, asked for 0.005. The
mean over the cells is ${nats(withoutTheCell.meanRegretNats)}, ${digits(withoutTheCell.meanRegretNats / floor.meanNats, 2)} times the floor.`,
    `**Whole token ratios left out**: the loss is off by ${nats(withoutTheRatio.rmseNats)} nats
(${withoutTheRatio.rmseNats <= 0.012 ? "within" : "more than"} the 0.012 asked for single cells). Of the
three ways of leaving out this is the hardest for the loss; a whole size left out costs ${nats(withoutTheSize.rmseNats)}.`,
    `**The loss terms lean low**: E is ${digits(CRITBATCH_JOINT.constants.irreducibleLossNats)} where published fits have 1.7 to
1.8, and the exponent of D ${digits(CRITBATCH_JOINT.constants.dataExponent)} where they have 0.29 to 0.37. Terms added in quadrature
need other exponents than a plain sum; losses far outside the sweep are the least certain thing the surface says.`,
    `**B_c of these runs is small**: ${digits(ratio, 2)} of that measured by Zhang et al. at the same tokens and
${digits(ratioToPowerLines, 2)} of the Power Lines law (geometric means over five sizes). Runs at fixed tokens with beta2
and weight decay held fixed, and runs to a fixed loss with averaged weights, do not agree better than a factor of two. The
service pools them.`,
    `**Losses of one cell err together**: with the spreads set without the cell, coverage runs from
${percent(Math.min(...shares))} to ${percent(Math.max(...shares))} between cells. The binomial bounds below treat runs as independent,
which they are not.`,
    `**Counts are small.** Twelve optima, five sizes and ${practice.shipped.families} families can show that intervals are
badly wrong, not that they are right to a few percent.`,
    `**Far outside the surface alone is not enough**: against published practice its own 80 % intervals hold
${percent(practice.surfaceAlone.batchInsideShare)} of the batches and ${percent(practice.surfaceAlone.learningRateInsideShare)} of the
learning rates by votes of families; the pooled intervals hold ${percent(practice.shipped.batchInsideShare)} and
${percent(practice.shipped.learningRateInsideShare)}, and are wide: a factor of ${digits(practice.shipped.batchWidthRatio, 2)} from end to
end in batch, ${digits(practice.shipped.learningRateWidthRatio, 2)} in learning rate. Practice is not optimal either: it judges
widths, not centres.`,
    `**Without a sweep of one's own, laws cost more**: with every law fitted on these runs removed, the recommendation loses
${nats(strangers.meanNats)} nats in the mean, ${digits(strangers.meanNats / heldOut.meanNats, 2)} times as much as with the surface
refitted without the cell. Its intervals hold ${strangers.batchHits} of 12 batches and ${strangers.learningRateHits} of 12 learning
rates. For another text or optimizer this is the nearer guess of what an answer costs.`,
  ];
  return points.map((point) => `* ${point.replaceAll("\n", " ")}`).join("\n");
}
