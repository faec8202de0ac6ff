import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { findChromium } from "./tools/find-chromium.ts";

const node = {
  resolve: {
    alias: {
      "cloudflare:workers": fileURLToPath(new URL("tests/cloudflare-workers.ts", import.meta.url)),
    },
  },
  test: {
    name: "node",
    environment: "node",
    include: [
      "tests/{house,http,numerics,probe,jobs,services,sdk,node,contract,schemas,conformance,evidence}/**/*.test.ts",
    ],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
};

const worker = {
  plugins: [
    cloudflareTest(async () => ({
      main: "./api/worker.ts",
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        bindings: {
          BOUND_TO_LOOPBACK: "1",
          TEST_MIGRATIONS: await readD1Migrations("./api/migrations"),
        },
        cf: false,
      },
    })),
  ],
  test: {
    name: "worker",
    include: ["tests/worker/**/*.test.ts"],
    setupFiles: ["tests/worker/setup.ts"],
    testTimeout: 30_000,
  },
};

const browser = {
  test: {
    name: "browser",
    environment: "node",
    include: ["tests/browser/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
};

export default defineConfig({
  test: {
    projects: findChromium() === undefined ? [node, worker] : [node, worker, browser],
  },
});
