// Fits the joint loss surface to the measured sweep and writes its constants: npm run fit:surface -- PATH
// With --check it writes nothing and fails when the committed constants differ.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { type FittedSurface, SURFACE_CONSTANT_NAMES } from "../api/numerics/surface/form.ts";
import { leaveGroupsOut } from "./evidence/leave-one-out.ts";
import { bootstrapCovariance, calibrateDiscrepancy } from "./evidence/surface-calibration.ts";
import { fitSurface } from "./evidence/surface-fit.ts";
import { groupIntoCells, parseSweep, SWEEP_NEEDED, sweepPath } from "./evidence/sweep.ts";

const OUTPUT = new URL("../api/numerics/surface/constants.ts", import.meta.url);
const BOOTSTRAP_REPLICATES = 1000;
const BOOTSTRAP_SEED = 2503;
const LINE_WIDTH = 100;

/** Fewer digits than a last-bit difference between machines could reach. */
function round(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

function fitAll(csv: string): FittedSurface {
  const runs = parseSweep(csv);
  const cells = groupIntoCells(runs);
  const fit = fitSurface(cells);
  const heldOut = leaveGroupsOut(cells);
  const params = cells.map((cell) => cell.nonEmbeddingParams);
  const tokens = cells.map((cell) => cell.trainingTokens);
  const bare = {
    constants: Object.fromEntries(
      SURFACE_CONSTANT_NAMES.map((name) => [name, round(fit[name], 7)]),
    ) as FittedSurface["constants"],
    covariance: bootstrapCovariance(cells, BOOTSTRAP_REPLICATES, BOOTSTRAP_SEED).map((value) =>
      round(value, 4),
    ),
    fittedBox: {
      nonEmbeddingParams: { lower: Math.min(...params), upper: Math.max(...params) },
      trainingTokens: { lower: Math.min(...tokens), upper: Math.max(...tokens) },
    },
    provenance: {
      source: "arXiv:2503.04715, public runs of the dense sweep",
      dataSha256: createHash("sha256").update(csv).digest("hex"),
      runs: runs.length,
      cells: cells.length,
      bootstrapReplicates: BOOTSTRAP_REPLICATES,
      leaveOneCellOut: {
        meanRegretNats: round(heldOut.meanRegretNats, 3),
        maxRegretNats: round(heldOut.maxRegretNats, 3),
        rmseNats: round(heldOut.rmseNats, 3),
      },
    },
  };
  const discrepancy = calibrateDiscrepancy(bare, heldOut.cells);
  return {
    ...bare,
    discrepancy: {
      logBatchSd: round(discrepancy.logBatchSd, 3),
      logLearningRateSd: round(discrepancy.logLearningRateSd, 3),
      lossSdNats: round(discrepancy.lossSdNats, 3),
      lossSdPerExcessNat: round(discrepancy.lossSdPerExcessNat, 3),
    },
  };
}

/** Numbers side by side, as many to a line as fit. */
function printNumbers(values: readonly number[], indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const value of values) {
    const item = `${line === indent ? "" : " "}${value},`;
    if (line.length + item.length > LINE_WIDTH) {
      lines.push(line);
      line = `${indent}${value},`;
    } else line += item;
  }
  return [...lines, line].join("\n");
}

function printValue(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    return `Object.freeze([\n${printNumbers(value, `${indent}  `)}\n${indent}])`;
  }
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(
      ([name, field]) => `${indent}  ${printField(name, field, `${indent}  `)},`,
    );
    return `Object.freeze({\n${fields.join("\n")}\n${indent}})`;
  }
  return JSON.stringify(value);
}

/** A string too long for its line goes below its name, as the formatter would put it. */
function printField(name: string, value: unknown, indent: string): string {
  const line = `${name}: ${printValue(value, indent)}`;
  const isLong = typeof value === "string" && indent.length + line.length + 1 > LINE_WIDTH;
  return isLong ? `${name}:\n${indent}  ${printValue(value, indent)}` : line;
}

function print(fitted: FittedSurface): string {
  return `// Written by \`npm run fit:surface\`; not edited by hand.
import type { FittedSurface } from "./form.ts";

/**
 * The joint loss surface in use: constants, their covariance, and the spread shown on cells held out.
 *
 * @source own fit to the public runs of arXiv:2503.04715 (dense sweep); form in \`surface.ts\`.
 */
export const CRITBATCH_JOINT: FittedSurface = ${printValue(fitted, "")};
`;
}

const checkOnly = process.argv.includes("--check");
const path = sweepPath(process.argv.slice(2).find((argument) => argument !== "--check"));
if (path === undefined) {
  console.error(SWEEP_NEEDED);
  process.exitCode = 2;
} else {
  const fitted = fitAll(readFileSync(path, "utf8"));
  const text = print(fitted);
  console.log(JSON.stringify({ ...fitted, covariance: undefined }, null, 2));
  if (!checkOnly) writeFileSync(OUTPUT, text);
  else if (readFileSync(OUTPUT, "utf8") !== text) {
    console.error("The committed constants are not those of this file.");
    process.exitCode = 1;
  }
}
