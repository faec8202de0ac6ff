// `npm run test:faults`: the fault suite, whole or `--share 0.05` of it; exits with 1 when a figure misses its limit.
import { parseArgs } from "node:util";
import { faultSuiteProof } from "../proofs/fault-suite-proof.ts";
import { outsideLimits, prove } from "../proofs/proof.ts";

const { values } = parseArgs({ options: { share: { type: "string", default: "1" } } });
const share = Number(values.share);
if (!(share > 0 && share <= 1)) {
  throw new RangeError(`--share expects a number above 0, at most 1, received ${values.share}`);
}
const result = await prove(faultSuiteProof, share);
const outside = outsideLimits(result);
for (const [name, value] of Object.entries(result.figures)) {
  const { least, most } = result.limits[name] ?? {};
  const asked = least === undefined ? most && `at most ${most}` : `at least ${least}`;
  const missed = outside.includes(name) ? "  MISSED" : "";
  console.log(`${name}: ${value}${asked === undefined ? "" : `  (${asked})`}${missed}`);
}
process.exitCode = outside.length === 0 ? 0 : 1;
