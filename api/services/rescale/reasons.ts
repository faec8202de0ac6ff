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
    return { rule: "linear", why: `For ${kind} without a known noise scale` };
  }
  if (triedOf(tried, "linear").status === "ok") {
    return { rule: "linear", why: `For ${kind} far below the ${known.noise.name}` };
  }
  return {
    rule: "saturating",
    why: `For ${kind} with batches too close to the ${known.noise.name} for the linear rule`,
  };
}

function pickForAdam({ kind, known }: Rescale, tried: readonly TriedRule[]): PickedRule {
  if (known.bOpt !== undefined) {
    return {
      rule: "broken-power",
      why: `For ${kind} with an optimal batch known from the laws`,
    };
  }
  if (known.noise === undefined) {
    return { rule: "square-root", why: `For ${kind} without a known noise scale` };
  }
  if (triedOf(tried, "square-root").status !== "refused") {
    return { rule: "square-root", why: `For ${kind} below the ${known.noise.name}` };
  }
  return {
    rule: "saturating",
    why: `For ${kind} with a batch not below the ${known.noise.name}`,
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
