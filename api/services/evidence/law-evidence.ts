import type { EvidenceItem } from "../../../schemas/recommendations/evidence.ts";
import type { OutputEvaluation } from "../../numerics/laws/evaluate-law.ts";
import type { Law } from "../../numerics/laws/law.ts";
import { roundForWire } from "../shared/estimates.ts";

interface Credit {
  readonly status: EvidenceItem["status"];
  readonly source: string;
}

const credits = new Map<EvidenceItem["quantity"], Map<Law, Credit>>();

/** What an item says of its law whatever the point: put together once. */
function creditOf(quantity: EvidenceItem["quantity"], law: Law): Credit {
  const ofQuantity = credits.get(quantity) ?? new Map<Law, Credit>();
  credits.set(quantity, ofQuantity);
  const known = ofQuantity.get(law);
  if (known !== undefined) return known;
  const { arxivId, authors, location } = law.source;
  const output = law.outputs.find((each) => each.quantity === quantity);
  const credit = {
    status: output?.status ?? ("U" as const),
    source: `${arxivId === undefined ? authors : `arXiv:${arxivId}`}, ${location}`,
  };
  ofQuantity.set(law, credit);
  return credit;
}

/** The part a law has in an answer. */
interface Role {
  readonly weight: number;
  readonly reason: string;
  readonly lnValue?: number;
  readonly sdLog?: number;
}

/** What one law says of a quantity, and its part in the answer. */
export function lawEvidence(
  quantity: EvidenceItem["quantity"],
  law: Law,
  evaluation: OutputEvaluation | undefined,
  role: Role,
): EvidenceItem {
  const { status, source } = creditOf(quantity, law);
  const common = {
    id: law.id,
    quantity,
    weight: roundForWire(role.weight),
    status,
    source,
  };
  if (evaluation?.status !== "ok") {
    const reason = evaluation?.status === "outside-law" ? evaluation.reason : "no-input";
    return { ...common, insideFit: false, extrapolationLog: 0, reason };
  }
  return {
    ...common,
    value: roundForWire(role.lnValue === undefined ? evaluation.value : Math.exp(role.lnValue)),
    sdLog: roundForWire(role.sdLog ?? evaluation.sdLog),
    insideFit: evaluation.insideFit,
    extrapolationLog: roundForWire(evaluation.extrapolationLog),
    reason: role.reason,
  };
}
