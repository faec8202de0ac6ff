import { z } from "@hono/zod-openapi";

export const health = z
  .strictObject({
    status: z
      .enum(["ok", "not-configured"])
      .openapi({ description: "not-configured: every other call answers 503.", example: "ok" }),
    openBecause: z.enum(["bound-to-loopback", "allow-open", "closed"]).openapi({
      description:
        "Why calls need no key: the address the service is bound to, or its owner's word.",
      example: "bound-to-loopback",
    }),
  })
  .openapi("Health", { description: "Whether the service answers, and whom." });
