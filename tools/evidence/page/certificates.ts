import type { ProofResult } from "../../../tests/proofs/proof.ts";
import { paragraphs, table } from "./markdown.ts";

const HEADING = "## Certificates";
const INTRODUCTION =
  "Proofs with all their figures, as `npm run proofs` left them in [proofs.json](proofs.json).";
const TITLES: Readonly<Record<string, string>> = {
  "engine-parity": "Parity of the engines",
  "fault-suite": "Faults and load",
};

/** The proofs that the page shows with all their figures; its last section. */
export function certificates(proofs: readonly ProofResult[]): string {
  const shown = Object.entries(TITLES).flatMap(([id, title]) => {
    const proof = proofs.find((candidate) => candidate.id === id);
    return proof === undefined ? [] : [certificate(title, proof)];
  });
  return paragraphs(HEADING, INTRODUCTION, ...shown);
}

/** The page with its certificates replaced by those of other proofs. */
export function withCertificates(page: string, proofs: readonly ProofResult[]): string {
  const at = page.indexOf(HEADING);
  const before = at < 0 ? `${page.trimEnd()}\n\n` : page.slice(0, at);
  return `${before}${certificates(proofs)}\n`;
}

function certificate(
  title: string,
  { specification, figures, limits, passed }: ProofResult,
): string {
  const rows = Object.entries(figures).map(([name, value]) => {
    const { least, most } = limits[name] ?? {};
    const asked = [
      ...(least === undefined ? [] : [`at least ${least}`]),
      ...(most === undefined ? [] : [`at most ${most}`]),
    ];
    return [name, value, asked.join(", ")];
  });
  const verdict = passed
    ? "Every figure keeps to its limit."
    : "**Not every figure keeps to its limit.**";
  return paragraphs(
    `### ${title}`,
    specification,
    table(["figure", "measured", "asked"], rows),
    verdict,
  );
}
