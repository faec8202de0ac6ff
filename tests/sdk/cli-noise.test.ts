import { describe, expect, it } from "vitest";
import { CSV, norms, observations } from "./noise-input.ts";
import { run } from "./run-line.ts";

const HOW = "--unit sequences --reduction mean --clipped no";
const SEEN = observations(0.2);
describe("noise", () => {
  it("shows the noise scale with its interval, from a file and from standard input", async () => {
    const files = { "norms.json": norms(0.2) };
    const { exitCode, out } = await run("noise norms.json", { files });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^resolved\n/);
    expect(out).toMatch(/ noise scale +[\d.]+ sequences +[\d.]+ to [\d.]+ +measured\n/);
    expect(out).toMatch(/ tr\(Sigma\) +[\d.]+ +[\d.]+ to [\d.]+ +measured\n/);
    expect(out).toMatch(/relative to a tiny one\n(?: +[\d,]+ sequences +0\.\d+ +.* to .*\n){5}/);
    expect(out).toContain("Needed for about +-20 %\n  nothing: it is narrower already\n");
    expect(out).toMatch(/error bars from \d+ blocks/);
    expect((await run("noise -", { input: norms(0.2) })).out).toBe(out);
  });

  it("says what to measure where noise hides the gradient", async () => {
    const { exitCode, out } = await run("noise -", { input: norms(0.035) });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^unresolved: /);
    expect(out).toMatch(
      /Needed for about .*\n {2}[\d,]+ steps in all, or a big batch of [\d,.MB]+ s/,
    );
    expect(out).not.toMatch(/noise scale +\d/);
  });

  it("says what is missing where one step was measured", async () => {
    const input = JSON.stringify(SEEN[0]);
    const { exitCode, out } = await run(`noise - ${HOW}`, { input });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^insufficient-measurements: One block/);
    expect(out).toMatch(/tr\(Sigma\) +[\d.]+ +measured\n/);
  });

  it("shows groups, of which one may be resolved and another not", async () => {
    const parts = [
      ...SEEN.map((one) => ({ ...one, group: "mlp" })),
      ...observations(0.035).map((one) => ({ ...one, group: "attention" })),
    ];
    const { out } = await run(`noise - ${HOW}`, { input: JSON.stringify(parts) });
    expect(out).toMatch(/Groups of parameters\n +attention +(at least|unresolved).*\n +mlp +\d/);
  });

  it.each([
    ["a JSON array", JSON.stringify(SEEN)],
    ["an array over many lines", JSON.stringify(SEEN, null, 2)],
    ["a body over many lines", JSON.stringify(JSON.parse(norms(0.2)), null, 2)],
    ["one JSON object a line", SEEN.map((one) => JSON.stringify(one)).join("\n\n")],
    ["CSV with a header", CSV],
  ])("reads %s to the same answer", async (_name, input) => {
    const { out, err } = await run(`noise - ${HOW} --json`, { input });
    expect(err).toBe("");
    expect(out).toBe((await run("noise - --json", { input: norms(0.2) })).out);
  });

  it("names the options that observations alone lack", async () => {
    const { exitCode, err } = await run("noise -", { input: CSV });
    expect(exitCode).toBe(1);
    for (const option of ["--unit", "--reduction", "--clipped"]) expect(err).toContain(option);
  });

  it("says why norms read after clipping are refused", async () => {
    const { exitCode, err } = await run(`noise - ${HOW.replace("no", "yes")}`, { input: CSV });
    expect(exitCode).toBe(1);
    expect(err).toMatch(/--clipped \(\/clipped\): .*before clipping/);
  });

  it.each([
    ["", "standard input is empty"],
    ["step,smalBatch\n1,8", 'line 1: there is no column "smalBatch"; did you mean smallBatch?'],
    ["step,loss\n1,8", 'there is no column "loss"; of step, smallBatch'],
    ["step,smallBatch\n1", "line 2: expected 2 cells, received 1"],
    ["step,smallBatch\n\n1,many", 'line 3, smallBatch: expected a number, received "many"'],
    ['{"step":1}\n{"step":', "line 2 is not JSON"],
    ['{"step":1}\n{"step":2}\n[3]', "line 3 holds no JSON object"],
    ['{"unit":', "standard input is not JSON"],
  ])("%j: exit code 2 and the place of the mistake", async (input, message) => {
    const { exitCode, err } = await run(`noise - ${HOW}`, { input });
    expect(err).toContain(message);
    expect(exitCode).toBe(2);
  });

  it("without anything measured asks for it", async () => {
    const { exitCode, err } = await run("noise");
    expect(exitCode).toBe(2);
    expect(err).toContain("give a file with what was measured");
    expect((await run("noise x.json --clipped perhaps")).err).toContain("expected yes or no");
  });
});

describe("rescale", () => {
  const MOVE = "rescale --from-batch 512k --to-batch 4M --lr 3e-4 --optimizer adamw";

  it("moves a working setting, names its rule, and shows the others", async () => {
    const { exitCode, out } = await run(`${MOVE} --weight-decay 0.1 --params 1B --tokens 100B`);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^broken-power \(ok\): /);
    expect(out).toMatch(/peak learning rate +[\de.-]+ +[\de.-]+ to [\de.-]+ +law/);
    expect(out).toMatch(/adam beta2 +0\.\d{3}/);
    expect(out).toMatch(/weight decay +\d/);
    expect(out).toMatch(/Preconditions\n +holds +optimizer-of-the-rule/);
    expect(out).toMatch(/Other rules\n +square-root +[\de.-]+ +.* to .* +ok/);
  });

  it("says which precondition could not be checked", async () => {
    const { out } = await run(MOVE);
    expect(out).toMatch(/^square-root \(precondition-unknown\)/);
    expect(out).toMatch(/ unknown +below-noise-scale/);
  });

  it("shows why an asked rule is refused, and no number of it", async () => {
    const { exitCode, out } = await run(`${MOVE} --rule linear`);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^linear \(refused\): /);
    expect(out).toMatch(/ fails +optimizer-of-the-rule/);
    expect(out).not.toContain("peak learning rate  ");
  });

  it("counts in examples, with the warm-up in them", async () => {
    const sgd = "--lr 0.1 --optimizer momentum --momentum 0.9 --warmup-examples 400k";
    const { out } = await run(`rescale --from-examples 256 --to-examples 1024 ${sgd}`);
    expect(out).toMatch(/warm-up steps +391\n +warm-up examples +400,000/);
  });

  it("takes the noise scale that noise --json printed", async () => {
    const measured = (await run("noise - --json", { input: norms(0.2) })).out;
    const files = { "noise.json": measured };
    const move = "rescale --from-examples 8 --to-examples 16 --lr 1e-3 --optimizer adam";
    const { out } = await run(`${move} --noise noise.json`, { files });
    expect(out).toMatch(/ holds +below-noise-scale +.*measured noise scale/);
    const piped = await run(`${move} --noise -`, { input: measured });
    expect(piped.out).toBe(out);
    const plan = await run("recommend --params 1e9 --tokens 2e10 --noise noise.json --json", {
      files,
    });
    expect(JSON.parse(plan.out).evidence).toContainEqual(
      expect.objectContaining({ source: "evidence.noiseScale", status: "given" }),
    );
  });

  it("names the option of a number that is refused or missing", async () => {
    const { exitCode, err } = await run(
      "rescale --from-batch 512k --to-batch 4M --optimizer adamw",
    );
    expect(exitCode).toBe(1);
    expect(err).toContain("--lr (/from/peakLearningRate)");
    const absent = await run(`${MOVE} --noise absent.json`);
    expect(absent.exitCode).toBe(2);
    expect(absent.err).toContain("absent.json cannot be read");
    expect((await run("rescale")).err).toContain("--from-batch, --to-batch, --lr");
  });
});
