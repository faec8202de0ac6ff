import { kernelModule } from "../../probe/fixtures.ts";
import { toCase } from "../cases.ts";
import { quantile } from "../stats.ts";
import {
  centreOf,
  ratiosOf,
  type Sampling,
  type Series,
  sampleInTurn,
  type Timed,
} from "./pairs.ts";

type Gemm = (
  m: number,
  n: number,
  k: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  c: number,
  ldc: number,
  accumulate: boolean,
  work: number,
) => void;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly gemmNN: Gemm;
  readonly gemmNT: Gemm;
  readonly gemmTN: Gemm;
  firstFreeAddress(): number;
  gemmWorkBytes(): number;
  peakLoop(accumulators: number, iterations: number, factor: number, addend: number): number;
}

const { exports: instance } = new WebAssembly.Instance(kernelModule, {});
const kernels = instance as unknown as Exports;

const ACCUMULATORS = [8, 10, 12];
const PEAK_ITERATIONS = 2000;
const MICRO_BATCH = 256;

/** The rates that no product can pass in this runtime: `acc = acc * x + y` in registers alone. */
function peakLoops(): Timed[] {
  return ACCUMULATORS.map((count) =>
    timed(() => {
      const value = kernels.peakLoop(count, PEAK_ITERATIONS, 0.999, 0.001);
      if (!(value > 0)) throw new Error("the loop lost its accumulators");
    }),
  );
}

function timed(work: () => void): Timed {
  return async (times) => {
    const start = performance.now();
    for (let i = 0; i < times; i += 1) work();
    return (performance.now() - start) / 1000;
  };
}

/** All products of one train step of a perceptron, in the order and the blocks in which the engine does them. */
function productsOfStep(widths: readonly number[], batch: number) {
  const widest = Math.max(...widths);
  const bytes = (count: number) => ((count * 4 + 127) >> 6) << 6;
  const rows = Math.min(batch, MICRO_BATCH);
  const work = ((kernels.firstFreeAddress() + 63) >> 6) << 6;
  const x = work + bytes(kernels.gemmWorkBytes() / 4);
  const y = x + bytes(rows * widest);
  const w = y + bytes(rows * widest);
  const g = w + bytes(widest * widest);
  const missing = g + bytes(widest * widest) - kernels.memory.buffer.byteLength;
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / 65536));
  new Float32Array(kernels.memory.buffer, x, (g - x) / 4).fill(0.25);
  let flops = 0;
  const calls: (() => void)[] = [];
  widths.slice(1).forEach((outs, l) => {
    const ins = widths[l] ?? 0;
    calls.push(() => kernels.gemmNN(rows, outs, ins, x, ins, w, outs, y, outs, false, work));
    calls.push(() => kernels.gemmTN(ins, outs, rows, x, ins, y, outs, g, outs, false, work));
    if (l > 0) {
      calls.push(() => kernels.gemmNT(rows, ins, outs, y, outs, w, outs, x, ins, false, work));
    }
    flops += 2 * rows * ins * outs * (l > 0 ? 3 : 2);
  });
  // Refilled: products of products would leave the range of f32.
  const refill = () => new Float32Array(kernels.memory.buffer, x, (g - x) / 4).fill(0.25);
  return { flops, refill, run: timed(() => runAll(calls)) };
}

function runAll(calls: readonly (() => void)[]): void {
  for (const call of calls) call();
}

/** GFLOP/s inside the products of a step as a share of the best of the register-only loops. */
export async function measureGemm(
  shapes: readonly { readonly widths: readonly number[]; readonly batch: number }[],
  sampling: Sampling,
) {
  const cases = [];
  for (const { widths, batch } of shapes) {
    const { flops, run, refill } = productsOfStep(widths, batch);
    const fresh: Timed = (times) => {
      refill();
      return run(times);
    };
    const [own = [], ...loops] = await sampleInTurn([fresh, ...peakLoops()], sampling);
    const rates = loops.map((series, i) => ratesOf(series, 8 * PEAK_ITERATIONS * peakCount(i)));
    const best = rates.reduce((a, b) => (quantile(a, 0.5) >= quantile(b, 0.5) ? a : b));
    const ownRates = ratesOf(own, flops);
    const id = `gemm/peak ${widths.join("-")} batch=${batch}`;
    const shape = "all products of a step";
    cases.push({
      ...toCase(
        { id, shape, unit: "x", ...centreOf([ratiosOf(ownRates, best)]) },
        { comparison: ">=", value: 0.7 },
      ),
      pairs: own.length,
      gflopPerSecond: quantile(ownRates, 0.5),
      peakGflopPerSecond: quantile(best, 0.5),
    });
  }
  return cases;
}

function peakCount(loop: number): number {
  return ACCUMULATORS[loop] ?? Number.NaN;
}

function ratesOf(nanoseconds: Series, flops: number): Series {
  return nanoseconds.map((value) => flops / value);
}
