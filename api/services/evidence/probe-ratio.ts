import type { NoiseScaleEvidence } from "../../../schemas/noise-scales/evidence.ts";
import type { ProbeEvidence } from "../../../schemas/probes/evidence.ts";
import type { EvidenceItem } from "../../../schemas/recommendations/evidence.ts";
import type { Notice } from "../shared/notices.ts";
import { usableRatio } from "./noise-scale.ts";
import { type ProbeReading, probeItem, probeWithoutValue, readProbe } from "./probe.ts";

interface ProbeBesideLaws {
  readonly reading: ProbeReading;
  readonly evidence: readonly EvidenceItem[];
}

const NOTHING: ProbeBesideLaws = { reading: { rates: [] }, evidence: [] };

/**
 * What a probe adds where laws of pre-training hold: the ratio of critical batch to noise scale for a noise scale of the
 * run, and never a critical batch of its own (a few CPU-seconds are far fewer than 1e9 tokens).
 *
 * @param notices - receives what the probe is used for, or what is missing for that.
 * @source docs/method.md, Measured evidence
 */
export function probeBesideLaws(
  probe: ProbeEvidence | undefined,
  noiseScale: NoiseScaleEvidence | undefined,
  adaptive: boolean,
  notices: Notice[],
): ProbeBesideLaws {
  if (probe === undefined) return NOTHING;
  const reading = readProbe(probe, adaptive);
  const silent = probeWithoutValue(probe, reading);
  if (silent.length > 0) {
    notices.push(...silent);
    return NOTHING;
  }
  const isUsed = noiseScale !== undefined && usableRatio(noiseScale, reading) !== undefined;
  notices.push({
    code: "probe-gives-no-level",
    detail: `A probe on a small model does not change the critical batch of a pre-training run. ${useOf(isUsed, noiseScale, reading)}`,
  });
  const { bCrit } = reading;
  const reason = isUsed ? "ratio-only" : "small-model";
  return { reading, evidence: bCrit ? [probeItem("bCritExamples", bCrit, 0, reason)] : [] };
}

function useOf(
  isUsed: boolean,
  noiseScale: NoiseScaleEvidence | undefined,
  { rho, rhoSimple }: ProbeReading,
): string {
  if (isUsed)
    return "Its ratio of critical batch to noise scale is applied to evidence.noiseScale.";
  if (rho === undefined && rhoSimple === undefined) {
    return "It did not measure the ratio of critical batch to noise scale; a bracketed critical-batch probe does.";
  }
  const missing = noiseScale === undefined ? "a noise scale of the run" : "measuredOver";
  return `Its ratio of critical batch to noise scale needs ${missing} in evidence.noiseScale.`;
}
