// Prints the digests of the cells as JSON, for a Node of another processor: kernels.wasm is its argument.
import { readFileSync } from "node:fs";
import { digestCells } from "./digest-cells.ts";

const [, , kernels = ""] = process.argv;
const digests = await digestCells(new WebAssembly.Module(readFileSync(kernels)));
process.stdout.write(JSON.stringify(digests));
