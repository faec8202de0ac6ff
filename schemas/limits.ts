import { z } from "@hono/zod-openapi";
import { modelVersion, quantity } from "./common.ts";

const limit = (unit: string, description: string, example: number) =>
  quantity({ unit, lower: 0, upper: 1e18, description, example });

/** Answer of GET /v1/limits. */
export const limits = z
  .strictObject({
    bodyBytes: limit("bytes", "Largest body of a call that stores nothing.", 1048576),
    probeBodyBytes: limit("bytes", "Largest body of a probe.", 8388608),
    probeRequestFlops: limit("FLOP", "Largest ceiling of a probe inside one request.", 3e12),
    probesAtOnce: limit("probes", "Probes that run at the same time; more are 503.", 2),
    modelVersion,
  })
  .openapi("Limits", { description: "What one call may ask of this service." });
