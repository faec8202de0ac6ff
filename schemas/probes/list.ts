import { z } from "@hono/zod-openapi";
import { quantity, quantityInQuery } from "../common.ts";
import { moment, probeId } from "./job.ts";
import { experiment } from "./request.ts";

const flop = (description: string, example: number) =>
  quantity({ unit: "FLOP", lower: 0, upper: 1e300, description, example });

const probeStatus = z.enum(["queued", "running", "succeeded", "failed", "cancelled"]).openapi({
  description: "State of the probe.",
  example: "succeeded",
});

/** Opaque: the place where the page before ended. */
const cursor = z.string().max(100);

/** Of every list: pages, newest first. */
export const pageQuery = {
  limit: quantityInQuery({
    unit: "items",
    lower: 1,
    upper: 100,
    description: "Largest number of items on the page; 20 when absent.",
    example: 20,
    integer: true,
  }).optional(),
  cursor: cursor
    .openapi({ description: "nextCursor of the page before.", example: "1790000000000-3f2a9c" })
    .optional(),
};
export const PAGE_SIZE = 20;

export const nextCursor = cursor
  .openapi({
    description: "Asks for the next page; absent on the last.",
    example: "1790000000000-3f2a9c",
  })
  .optional();

/** Query of GET /v1/probes. */
export const probeListQuery = z.strictObject({
  status: probeStatus.optional(),
  experiment: experiment.optional(),
  ...pageQuery,
});

const item = z
  .strictObject({
    probeId,
    experiment,
    status: probeStatus,
    createdAt: moment("When it began."),
    endedAt: moment("When it ended; absent while it runs.").optional(),
    expectedFlops: flop("Expected cost, 2 x multiply-adds.", 4e11),
    doneFlops: flop("FLOPs run when the status last changed.", 3.9e11),
  })
  .openapi("ProbeListItem", { description: "A probe in a list." });

/** Answer of GET /v1/probes. */
export const probeList = z
  .strictObject({
    probes: z.array(item).openapi({ description: "Newest first." }),
    nextCursor,
  })
  .openapi("ProbeList", { description: "A page of probes." });
