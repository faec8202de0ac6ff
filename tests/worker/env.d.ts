declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("../../api/worker.ts");
  }
}

declare module "*?raw" {
  const text: string;
  export default text;
}
