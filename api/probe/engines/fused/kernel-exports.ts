/** The functions of build/kernels.wasm that the service calls; addresses and counts are 32-bit integers. */
export type KernelExports = {
  readonly memory: WebAssembly.Memory;
  firstFreeAddress(): number;
  gemmWorkBytes(): number;
  executedMultiplyAdds(): number;
  resetMultiplyAdds(): void;
  setActivationScratch(address: number): void;
  advance(plan: number, untilStep: number, microBatches: number): number;
  accumulateGradient(
    plan: number,
    params: number,
    rows: number,
    scale: number,
    accumulate: boolean,
  ): number;
  evaluate(plan: number, params: number, first: number, count: number): number;
  gemmNN(
    rows: number,
    columns: number,
    inner: number,
    a: number,
    strideA: number,
    b: number,
    strideB: number,
    c: number,
    strideC: number,
    accumulate: boolean,
    work: number,
  ): void;
  combine(count: number, x: number, y: number, factor: number, out: number): void;
  squareNorm(count: number, x: number): number;
  quadraticSteps(
    dimensions: number,
    replicas: number,
    theta: number,
    shrink: number,
    noise: number,
    seed: number,
    firstStep: number,
    steps: number,
    words: number,
  ): void;
  quadraticLoss(dimensions: number, replicas: number, theta: number, curvature: number): number;
};

/**
 * Instantiates the kernels. The module has no imports; its memory grows to what a plan needs.
 *
 * @param module - compiled build/kernels.wasm (a static import in a Worker, compiled bytes elsewhere).
 */
export function instantiateKernels(module: WebAssembly.Module): KernelExports {
  const instance = new WebAssembly.Instance(module, {});
  return instance.exports as unknown as KernelExports;
}

/** Grows the memory, if need be, to `bytes`. */
export function reserveMemory(kernels: KernelExports, bytes: number): void {
  const missing = bytes - kernels.memory.buffer.byteLength;
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / 65536));
}
