import type { RescaleRule } from "../../../schemas/batch-rescales/answer.ts";
import type { BatchRescaleRequest } from "../../../schemas/batch-rescales/request.ts";
import { isAdaptive } from "../shared/is-adaptive.ts";
import type { Rescale } from "./known.ts";
import { type TriedRule, triedOf } from "./rules.ts";

/** The rule that answers, and why it was taken. */
export interface PickedRule {
  readonly rule: RescaleRule;
  readonly why: string;
}

/**
 * Returns the rule to answer with: the asked one, or by optimizer and knowledge the simplest that holds.
 *
 *   SGD: linear far below the noise scale, else saturating; without a noise scale linear
 *   Adam and Muon: broken power with the laws' optimal batch; else square root below the noise scale, saturating
 *   above it; without a noise scale square root
 */
export function pickRule(
  asked: BatchRescaleRequest["rule"],
  rescale: Rescale,
  tried: readonly TriedRule[],
): PickedRule {
  if (asked !== "auto") return { rule: asked, why: "As asked" };
  return isAdaptive(rescale.kind) ? pickForAdam(rescale, tried) : pickForSgd(rescale, tried);
}

function pickForSgd({ kind, known }: Rescale, tried: readonly TriedRule[]): PickedRule {
  if (known.noise === undefined) {
    return { rule: "linear", why: `Picked for ${kind}, for which no noise scale is known` };
  }
  if (triedOf(tried, "linear").status === "ok") {
    return { rule: "linear", why: `Picked for ${kind} far below the ${known.noise.name}` };
  }
  return {
    rule: "saturating",
    why: `Picked for ${kind} because the batches are too near the ${known.noise.name} for the linear rule`,
  };
}

function pickForAdam({ kind, known }: Rescale, tried: readonly TriedRule[]): PickedRule {
  if (known.bOpt !== undefined) {
    return {
      rule: "broken-power",
      why: `Picked for ${kind} because the laws know the optimal batch of this run`,
    };
  }
  if (known.noise === undefined) {
    return { rule: "square-root", why: `Picked for ${kind}, for which no noise scale is known` };
  }
  if (triedOf(tried, "square-root").status !== "refused") {
    return { rule: "square-root", why: `Picked for ${kind} below the ${known.noise.name}` };
  }
  return {
    rule: "saturating",
    why: `Picked for ${kind} because a batch is not below the ${known.noise.name}`,
  };
}

/** Why this rule, what it does, and what fails or could not be checked. */
export function reasonOf({ rule, preconditions }: TriedRule, why: string): string {
  const failed = preconditions.filter(({ holds }) => holds === false);
  if (failed.length > 0) {
    return `The ${rule.id} rule does not hold here. ${failed.map(({ detail }) => detail).join(" ")}`;
  }
  const open = preconditions.filter(({ holds }) => holds === null);
  const head = `${why}, the ${rule.id} rule is used: the learning rate ${rule.does}.`;
  return open.length === 0
    ? head
    : `${head} Not checked: ${open.map(({ detail }) => detail).join(" ")}`;
}
