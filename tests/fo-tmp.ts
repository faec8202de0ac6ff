import { killableServices, LONG_PROBE } from "./faults/killable-service.ts";
import { watch } from "./faults/watch.ts";
import { cpuSeconds, findWorkerd } from "./processes.ts";

const s = killableServices();
const { client, child } = await s.start("x");
const w = findWorkerd(child.pid!);
const timed = async (f: () => Promise<unknown>) => {
  const c = cpuSeconds(w, 100),
    n = cpuSeconds(child.pid!, 100),
    t = performance.now();
  await f();
  return [(performance.now() - t) / 1000, cpuSeconds(w, 100) - c, cpuSeconds(child.pid!, 100) - n];
};
for (let seed = 1; seed <= 6; seed++) {
  const loop = await timed(() => client.probe({ ...LONG_PROBE, seed, fresh: true }));
  let cells = 0,
    ev = 0;
  const job = await timed(async () => {
    const { probeId } = await client.startProbe({ ...LONG_PROBE, seed, fresh: true });
    await watch(client, probeId, [], ({ event }) => {
      ev++;
      if (event === "cell") cells++;
      return event === "result";
    });
  });
  console.log(
    seed,
    "loop",
    loop.map((x) => x.toFixed(2)).join(" "),
    "job",
    job.map((x) => x.toFixed(2)).join(" "),
    "wall",
    (job[0]! / loop[0]!).toFixed(3),
    "cpu",
    (job[1]! / loop[1]!).toFixed(3),
    cells,
    ev,
  );
}
s.end();
