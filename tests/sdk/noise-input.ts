/** Norms at forty steps whose noise scale follows from the big batch's: 0.2 is resolved, 0.035 is not. */
export const observations = (bigBatchGradSqNorm: number) =>
  Array.from({ length: 40 }, (_unused, step) => ({
    step,
    smallBatch: 8,
    bigBatch: 256,
    smallBatchGradSqNorm: bigBatchGradSqNorm + 1.2 + 0.03 * Math.sin(5 * step),
    bigBatchGradSqNorm: bigBatchGradSqNorm + 0.03 * Math.cos(7 * step),
  }));

/** The body of a noise-scale request with these observations. */
export const norms = (bigBatchGradSqNorm: number) =>
  JSON.stringify({
    unit: "sequences",
    reduction: "mean",
    clipped: false,
    observations: observations(bigBatchGradSqNorm),
  });

/** The resolved observations as a table. */
export const CSV = [
  "step,smallBatch,bigBatch,smallBatchGradSqNorm,bigBatchGradSqNorm",
  ...observations(0.2).map((row) => Object.values(row).join(", ")),
].join("\r\n");
