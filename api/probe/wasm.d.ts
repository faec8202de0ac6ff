declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

/** Built by tools/build/tfjs.ts. */
declare module "*/tfjs-engine.mjs" {
  const engine: typeof import("./engines/tfjs/tfjs-engine.ts");
  export const createTfjsEngine: typeof engine.createTfjsEngine;
  export const tensorsAlive: typeof engine.tensorsAlive;
  export const kernelMemoryBytes: typeof engine.kernelMemoryBytes;
  export const kernelsOf: typeof engine.kernelsOf;
}
