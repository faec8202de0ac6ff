import { CRITBATCH_JOINT } from "../../../api/numerics/surface/constants.ts";
import { SURFACE_CONSTANT_NAMES } from "../../../api/numerics/surface/form.ts";
import type { Evidence } from "../collect-evidence.ts";
import { CHOSEN_FORM, FORMS_TRIED } from "../forms-tried.ts";
import { PRIORS } from "../surface-fit.ts";
import { countText } from "./axes.ts";
import { digits, figure, nats, paragraphs, table } from "./markdown.ts";
import { regretRows } from "./regret-rows.ts";

/** Regret and error of every rule side by side. */
export function regretSection(evidence: Evidence): string {
  const rows = regretRows(evidence).map(({ name, seen, meanNats, maxNats, rmseNats }) => [
    name,
    seen,
    nats(meanNats),
    nats(maxNats),
    nats(rmseNats),
  ]);
  const left = evidence.lawsLeftOut.map((id) => `\`${id}\``).join(", ");
  return paragraphs(
    "## Regret",
    `Regret is the loss at the recommended batch and learning rate above the lowest loss of the cell: a thin-plate spline
(r^2 ln r, smoothing 0.01, linear tail) through the cell's runs below 4 nats over (ln batch, ln learning rate), at the
recommendation clipped to the cell's box, minus its minimum over a 60 x 60 grid. RMSE is the error of the predicted loss over
the cell's runs within 0.08 nats of their batch's best, root of the mean over cells. The floor is the regret of the cell's
own optimum, found again from resampled runs.`,
    figure("regret", "Regret of every law and of the recommendation, mean and maximum"),
    table(["rule", "has seen", "mean", "max", "RMSE"], rows),
    `A law without a learning rate is priced with that of \`bjorck2024-horizon\`; rules without an RMSE give no loss.
${left === "" ? "" : `Not priced, because it needs a loss of its own tokenizer: ${left}. `}The recommendation is given three
ways: (i) as shipped, batch rounded to whole sequences; (ii) with \`critbatch-joint\` fitted again without the cell as the
measured estimate, and Step Law, Schaipp and the older refit not asked; (iii) with every law fitted on these runs removed, so
that no estimate is a measured one. In (ii) and (iii) the two laws of one fixed batch are moved to the optimal batch of the
same variant. The rule of that move, LR(B), was itself fitted on these runs, and so were the widths and rates of the pool
chosen.`,
    optimumTable(evidence),
  );
}

function optimumTable({ optima }: Evidence): string {
  const rows = optima.map((cell) => [
    cell.id,
    countText(cell.predictedBatchTokens.value),
    countText(cell.measuredBatchTokens),
    digits(cell.predictedLearningRate.value),
    digits(cell.measuredLearningRate),
    nats(cell.regretNats),
    nats(cell.rmseNats),
    cell.irreducibleLossNats.toFixed(2),
  ]);
  return paragraphs(
    "### Cell by cell, fitted without it",
    figure("optimum", "Predicted and measured optimal batch and learning rate of every cell"),
    table(["cell N/D", "B_opt", "measured", "LR_opt", "measured", "regret", "RMSE", "E"], rows),
  );
}

/** The constants in use, how far they move when a cell is left out, and what was believed of them before. */
export function constantsSection({ surface }: Evidence): string {
  const rows = SURFACE_CONSTANT_NAMES.map((name, index) => {
    const folds = surface.withoutTheCell.cells.map(({ constants }) => constants[name]);
    const n = SURFACE_CONSTANT_NAMES.length;
    const sd = Math.sqrt(CRITBATCH_JOINT.covariance[index * n + index] ?? 0);
    const { mean, sd: priorSd, source } = PRIORS[name];
    return [
      `\`${name}\``,
      digits(CRITBATCH_JOINT.constants[name]),
      digits(sd, 2),
      `${digits(Math.min(...folds))} to ${digits(Math.max(...folds))}`,
      `${mean} +- ${priorSd}`,
      source,
    ];
  });
  return paragraphs(
    "## The constants of the surface",
    `Logarithms are taken at 4e8 parameters, 2e10 tokens, batches of 4e5 tokens and a learning rate of 2e-3. The priors take
part in every fit as a penalty; no law fitted on these runs has a say in them.`,
    table(["constant", "in use", "sd", "over the 12 fits", "prior", "on whose word"], rows),
  );
}

/** The forms that were tried and lost. */
export function formsSection({ surface }: Evidence): string {
  const { meanRegretNats, maxRegretNats, rmseNats } = surface.withoutTheCell;
  const rows = FORMS_TRIED.map(
    ({
      form,
      meanRegretNats: mean,
      maxRegretNats: max,
      rmseNats: rmse,
      irreducibleLossNats,
      note,
    }) => [
      form === CHOSEN_FORM ? `**${form}**` : form,
      nats(mean),
      nats(max),
      nats(rmse),
      irreducibleLossNats === null
        ? "-"
        : irreducibleLossNats.map((loss) => loss.toFixed(2)).join(" to "),
      note ?? "",
    ],
  );
  return paragraphs(
    "## What was tried",
    `One cell left out at a time, same data, priors and judge. The table was measured once, while the form was chosen; the
other forms are not kept in the repository. The line in use, worked out again today: mean ${nats(meanRegretNats)}, max
${nats(maxRegretNats)}, RMSE ${nats(rmseNats)}. Terms that gained nothing were left out; power 3 gains a tenth of a millinat of
regret and loses a fifth of the accuracy of the loss.`,
    table(["form", "mean", "max", "RMSE", "E", ""], rows),
  );
}
