// Writes schemas/openapi.json from the routes, without a server; --check only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { createApp } from "../api/app.ts";
import { parseAccess, parseStorageLimits } from "../api/env.ts";
import { openApiText } from "../api/routes/service/get-openapi.ts";
import { MODEL_VERSION } from "../api/services/shared/model-version.ts";
import { estimate, givenEstimate, modelShape, warning } from "./common.ts";

const TARGET = new URL("./openapi.json", import.meta.url);

const SHARED = {
  Estimate: estimate,
  GivenEstimate: givenEstimate,
  ModelShape: modelShape,
  Warning: warning,
};

/** The OpenAPI 3.1 document of every operation. */
export function openApiDocument(): object {
  const app = createApp({
    access: parseAccess({}),
    loadOpenApiDocument: async () => ({}),
    newRequestId: () => "",
    fetchAsset: () => Promise.reject(new Error("the generator serves no files")),
    probes: {
      loadEngine: () => Promise.reject(new Error("the generator runs no probe")),
      requestFlops: 0,
    },
    stored: { of: () => ({}) as never, limits: parseStorageLimits({}) },
    reportFault: () => undefined,
  });
  // Defined by themselves first, so that the words about one field that uses them do not become theirs.
  app.openAPIRegistry.registerComponent("securitySchemes", "key", {
    type: "http",
    scheme: "bearer",
    description: "A key of this service. Needed once its owner has made one.",
  });
  for (const [name, schema] of Object.entries(SHARED)) app.openAPIRegistry.register(name, schema);
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "critbatch",
      version: MODEL_VERSION,
      description:
        "Batch size, learning rate and parameter count for a training run, each with an interval, a " +
        "source and a warning where one is due.",
      license: { name: "MIT", url: "https://spdx.org/licenses/MIT.html" },
    },
    servers: [{ url: "/", description: "The service that serves this description." }],
    // A service without keys needs none.
    security: [{}, { key: [] }],
    tags: [
      { name: "recommendations", description: "What to use, and what a batch costs." },
      { name: "measurements", description: "What a training script can measure." },
      { name: "laws", description: "The catalogue of published laws." },
      { name: "benchmarks", description: "Fixed workloads, timed by the caller." },
      { name: "service", description: "Health, this description, and what problems mean." },
    ],
  });
}

function main(): void {
  const text = openApiText(openApiDocument());
  if (!process.argv.includes("--check")) {
    writeFileSync(TARGET, text);
  } else if (readFileSync(TARGET, "utf8") !== text) {
    console.error("schemas/openapi.json is stale: npm run generate");
    process.exitCode = 1;
  }
}

if (import.meta.main) main();
