import type { Typed } from "./fields.ts";

/** A published run as a starting point. */
export interface Preset {
  readonly id: string;
  readonly label: string;
  readonly source: string;
  readonly typed: Typed;
}

/**
 * Sizes, tokens, batches and peak learning rates as their reports print them. Parameters are totals where the
 * report gives no other; a batch that was ramped is the last one.
 */
export const PRESETS: readonly Preset[] = [
  {
    id: "gpt3-175b",
    label: "GPT-3 175B",
    source: "arXiv:2005.14165, Table 2.1",
    typed: {
      params: "175B",
      tokens: "300B",
      batch: "3.2M",
      rate: "0.6e-4",
      sequence: "2048",
      count: "total",
    },
  },
  {
    id: "gpt3-1.3b",
    label: "GPT-3 XL 1.3B",
    source: "arXiv:2005.14165, Table 2.1",
    typed: {
      params: "1.3B",
      tokens: "300B",
      batch: "1M",
      rate: "2e-4",
      sequence: "2048",
      count: "total",
    },
  },
  {
    id: "pythia-1b",
    label: "Pythia 1B",
    source: "arXiv:2304.01373, Tables 1 and 6",
    typed: {
      params: "805736448",
      tokens: "300B",
      batch: "2097152",
      rate: "3e-4",
      sequence: "2048",
    },
  },
  {
    id: "llama-7b",
    label: "LLaMA 7B",
    source: "arXiv:2302.13971, Table 2",
    typed: {
      params: "6.7B",
      tokens: "1T",
      batch: "4M",
      rate: "3e-4",
      sequence: "2048",
      count: "total",
    },
  },
  {
    id: "llama2-7b",
    label: "Llama 2 7B",
    source: "arXiv:2307.09288, section 2 and Table 1",
    typed: {
      params: "7B",
      tokens: "2T",
      batch: "4M",
      rate: "3e-4",
      sequence: "4096",
      count: "total",
    },
  },
  {
    id: "llama3-8b",
    label: "Llama 3 8B",
    source: "arXiv:2407.21783, Table 3 and section 3.1",
    typed: { params: "8B", tokens: "15T", rate: "3e-4", sequence: "8192", count: "total" },
  },
];
