import { fanOutFigures } from "../faults/fan-out.ts";
import { fuzzFigures } from "../faults/fuzz.ts";
import { killableServices } from "../faults/killable-service.ts";
import { killFigures } from "../faults/kills.ts";
import { prepareLoad } from "../faults/load.ts";
import { outcomeFigures } from "../faults/outcomes.ts";
import { schemathesisFigures } from "../faults/schemathesis.ts";
import type { Proof } from "./proof.ts";

/** The fault suite on real services; for the load V8 is told to collect early. */
export const faultSuiteProof: Proof = {
  id: "fault-suite",
  specification:
    "Services as `npm start` runs them. SIGKILL at 20 moments uniform in work done: after a restart on the same state the " +
    "digest of the undisturbed run, and a resumed stream that told of every event once. Meanwhile schemathesis, where it can " +
    "be installed: 20,000 cases without a 5xx or a status that is not documented. The same cells as a job take at most 5 % " +
    "longer than in one loop. With V8 told to collect early, after 9,000 requests and 300 jobs, 50 recommendations a second " +
    "for 10 minutes beside running jobs and mixed traffic (noise scales, probes, uploads, deletions, streams opened and " +
    "dropped): only 200, 99th percentile below 50 ms from the scheduled moment, resident memory growing by less than 1 MB a " +
    "minute over the last 8 minutes, no 5xx, descriptors and disk back within 5 % after retention. Bad uploads, a full store, " +
    "data deleted under a probe, a cancel: defined outcomes. 500 hostile bodies of at most 16 MiB over all calls that take " +
    "one: no fault, and /healthz never waits for more than 100 ms.",
  module: "tests/proofs/fault-suite-proof.ts",
  // What these faults are about; the rest of the service would ask for half an hour at every change.
  sources: ["api/jobs", "tools/start.ts", "tools/run-worker.ts", "tools/sweeps.ts"],
  figuresOf: async (share) => {
    const services = killableServices();
    try {
      // Neither takes a time, so they may share the processors.
      const [kills, cases] = await Promise.all([
        killFigures(services, share),
        schemathesisFigures(services, share),
      ]);
      const load = await prepareLoad(services, share);
      // While the service of the load comes to rest, which takes next to nothing.
      const fanOut = await fanOutFigures(services, share);
      const during = await load.run();
      const outcomes = await outcomeFigures(services);
      const fuzz = await fuzzFigures(services, share);
      return [
        ...kills,
        ...cases,
        ...outcomes,
        ...fanOut,
        ...during,
        ...(await load.settle()),
        ...fuzz,
      ];
    } finally {
      services.end();
    }
  },
};
