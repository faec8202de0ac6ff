declare namespace Cloudflare {
  interface Env {
    DB: D1Database;
    PROBE_JOBS: DurableObjectNamespace;
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
  interface GlobalProps {
    mainModule: typeof import("../../api/worker.ts");
  }
}

declare module "*?raw" {
  const text: string;
  export default text;
}
