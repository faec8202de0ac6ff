import { z } from "@hono/zod-openapi";

export const health = z
  .strictObject({
    status: z
      .enum(["ok", "not-configured"])
      .openapi({ description: "not-configured: every other call answers 503.", example: "ok" }),
    openBecause: z.enum(["keys", "bound-to-loopback", "allow-open", "closed"]).openapi({
      description:
        "Who may call. keys: whoever has one; bound-to-loopback and allow-open: everyone who can reach the service; closed: " +
        "nobody.",
      example: "bound-to-loopback",
    }),
  })
  .openapi("Health", { description: "Whether the service answers, and who may call it." });
