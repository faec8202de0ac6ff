declare module "autocannon" {
  import type { EventEmitter } from "node:events";

  interface Request {
    readonly method: "GET" | "POST";
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  }

  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    /** Milliseconds between two looks at the clock. */
    readonly sampleInt: number;
    readonly requests: readonly Request[];
  }

  interface Result {
    readonly errors: number;
    readonly non2xx: number;
  }

  /** Emits `response` (client, status, bytes, milliseconds) for every answer. */
  export default function autocannon(options: Options): EventEmitter & PromiseLike<Result>;
}
