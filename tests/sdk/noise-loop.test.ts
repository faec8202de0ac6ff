import { describe, expect, it } from "vitest";
import { measureWhileTraining } from "../../sdk/examples/noise-loop.ts";
import { Critbatch } from "../../sdk/index.ts";
import { dropsConnection, inProcess, scripted } from "./fetches.ts";

const clientOf = (fetch: ReturnType<typeof inProcess>) =>
  new Critbatch({ fetch, baseUrl: "http://localhost" });

describe("the training loop in TypeScript", () => {
  it.each([1, 2, 3])(
    "seed %i: the interval at 95 % holds the noise scale of all examples' gradients",
    async (seed) => {
      const { answer, exact } = await measureWhileTraining(clientOf(inProcess()), { seed });
      if (answer?.status !== "resolved") throw new Error(answer?.status);
      const { lower, upper, level } = answer.bSimple.interval;
      expect(level).toBe(0.95);
      expect(lower).toBeLessThan(exact);
      expect(upper).toBeGreaterThan(exact);
      expect(answer.bSimple.value / exact).toBeGreaterThan(0.8);
      expect(answer.bSimple.value / exact).toBeLessThan(1.25);
    },
  );

  it("trains on when the service is gone, and keeps its last answer", async () => {
    const service = inProcess();
    let asked = 0;
    const dying = scripted(dropsConnection).fetch;
    const fetch: typeof service = (url, init) => (asked++ === 0 ? service : dying)(url, init);
    const complaints: unknown[] = [];
    const complain = console.error;
    console.error = (text) => complaints.push(text);
    try {
      const { answer, exact } = await measureWhileTraining(clientOf(fetch), { steps: 150 });
      expect(asked).toBe(3);
      expect(complaints).toHaveLength(2);
      expect(answer?.usedSteps).toBe(50);
      expect(exact).toBeGreaterThan(0);
    } finally {
      console.error = complain;
    }
  });
});
