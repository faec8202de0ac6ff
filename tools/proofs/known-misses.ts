/**
 * Recorded figures that miss their targets, by proof and figure, and why. The check names each of them and lets it stand;
 * any other miss fails it. The targets stay as they are: an entry goes with the change that meets its target.
 */
export const KNOWN_MISSES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "fault-suite": {
    "fan-out: time as a job over time in one loop, median":
      "recorded while other work shared the two cores; 1.05 in 0.1.0 on a machine at rest",
    "load: 99th percentile, ms":
      "the load has uploads, probes and streams beside the recommendations since this version; 37 ms without them",
    "fuzz: longest wait of /healthz, ms":
      "an upload of 16 MiB of packed text, 0.6 ms above the target",
  },
};
