import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js";
import "@tensorflow/tfjs-backend-cpu/dist/register_all_kernels.js";
import { BackendWasm } from "@tensorflow/tfjs-backend-wasm/dist/backend_wasm.js";
import "@tensorflow/tfjs-backend-wasm/dist/register_all_kernels.js";
import wasmFactory from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { registerFilterGradient } from "./filter-gradient.ts";
import { registerSegmentSum } from "./segment-sum.ts";

/**
 * Kernels of gradients that the WASM backend of TensorFlow.js 4.22 has not, or has wrong: they run on its CPU backend,
 * with copies there and back. MaxPoolGrad of the WASM backend adds to memory that it never cleared; against finite
 * differences its gradients were off by a third.
 */
export const FALLBACK_KERNELS = [
  "MaxPoolGrad",
  "DepthwiseConv2dNativeBackpropFilter",
  "DepthwiseConv2dNativeBackpropInput",
] as const;

export type BackendName = "wasm" | "cpu";

type Factory = (config: object) => Promise<WasmModule>;
type WasmModule = {
  readonly cwrap: (name: string, returns: string | null, takes: readonly string[]) => unknown;
  tfjs?: object;
};

/**
 * Makes a backend of TensorFlow.js the current one, after registering it at the first call.
 *
 * @param compiled - tfjs-backend-wasm-simd.wasm, compiled beforehand: workerd compiles none from bytes.
 */
export async function useBackend(compiled: WebAssembly.Module, name: BackendName): Promise<void> {
  if (!tf.engine().backendNames().includes("wasm")) {
    if (!tf.env().platform) setPlatform();
    const wasm = await instantiate(compiled);
    tf.registerBackend("wasm", () => new BackendWasm(wasm as never), 2);
    tf.registerBackend("cpu", () => new MathBackendCPU(), 1);
    for (const kernel of FALLBACK_KERNELS) fallBack(kernel);
    registerSegmentSum();
    registerFilterGradient();
  }
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js has no backend ${name}`);
}

/** Neither browser nor Node: the little that is asked of a platform. */
function setPlatform(): void {
  tf.env().setPlatform("workerd", {
    fetch: () => Promise.reject(new Error("nothing is fetched")),
    now: () => 0,
    encode: (text) => new TextEncoder().encode(text),
    decode: (bytes) => new TextDecoder().decode(bytes),
    setTimeoutCustom: (run, delay) => void setTimeout(run as () => void, delay),
    isTypedArray: (value: unknown): value is Uint8Array =>
      ArrayBuffer.isView(value) && !(value instanceof DataView),
  });
}

async function instantiate(compiled: WebAssembly.Module): Promise<WasmModule> {
  const wasm = await (wasmFactory as unknown as Factory)({
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(compiled, imports);
      done(instance);
      return instance.exports;
    },
  });
  // What the backend calls, under the names that its own start-up gives them.
  wasm.tfjs = {
    init: wasm.cwrap("init", null, []),
    initWithThreadsCount: wasm.cwrap("init_with_threads_count", null, ["number"]),
    getThreadsCount: wasm.cwrap("get_threads_count", "number", []),
    registerTensor: wasm.cwrap("register_tensor", null, ["number", "number", "number"]),
    disposeData: wasm.cwrap("dispose_data", null, ["number"]),
    dispose: wasm.cwrap("dispose", null, []),
  };
  return wasm;
}

/** Lets a kernel of the CPU backend serve the WASM backend. */
function fallBack(kernelName: string): void {
  const kernel = tf.getKernel(kernelName, "cpu");
  if (tf.getKernel(kernelName, "wasm") !== undefined) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs, backend }) => {
      const wasm = backend as unknown as BackendWasm;
      const cpu = tf.findBackend("cpu") as unknown as MathBackendCPU;
      const copied = Object.fromEntries(
        Object.entries(inputs).map(([name, info]) => {
          const { dataId, shape, dtype } = info as tf.TensorInfo;
          const values = wasm.readSync(dataId).slice() as Float32Array;
          return [name, cpu.makeTensorInfo(shape, dtype, values)];
        }),
      );
      const result = kernel.kernelFunc({ inputs: copied, ...(attrs && { attrs }), backend: cpu });
      const answer = (Array.isArray(result) ? result[0] : result) as tf.TensorInfo;
      const output = wasm.makeOutput(answer.shape, answer.dtype);
      wasm.typedArrayFromHeap(output).set(cpu.readSync(answer.dataId) as Float32Array);
      for (const info of [...Object.values(copied), answer]) cpu.disposeData(info.dataId);
      return output;
    },
  });
}
