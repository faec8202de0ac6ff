import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { dataset, datasetUploadQuery } from "../../../schemas/datasets/dataset.ts";
import {
  BODY_PROBLEMS,
  problemResponses,
  STATEFUL_PROBLEMS,
} from "../../../schemas/service/problem.ts";
import { steadily, tooSlow } from "../../http/body/deadline.ts";
import { inflated } from "../../http/body/inflated.ts";
import type { AppEnv } from "../../http/context.ts";
import { wireDataset } from "../../http/dataset-answers.ts";
import { idempotent } from "../../http/idempotency.ts";
import type { Operation } from "../../http/operation.ts";
import { ProblemError } from "../../http/problem.ts";
import { respond } from "../../http/respond.ts";
import type { DatasetKind, Upload } from "../../services/probes/datasets.ts";
import { readUpload, UploadTooLarge } from "../../services/probes/read-upload.ts";

/** Largest data set, unpacked. */
export const DATASET_BYTES = 16_777_216;

const MOST_DISCARDED_BYTES = 4 * DATASET_BYTES;

/** Each is held in memory whole. */
const UPLOADS_AT_ONCE = 2;

// RFC 4180 names header and charset; whether a table has a header is read off the table.
const MEDIA_TYPE =
  /^text\/(plain|csv)\s*(?:;\s*(?:charset\s*=\s*"?utf-8"?|header\s*=\s*"?(?:present|absent)"?)\s*)*$/i;

const body = (example: string) => ({
  schema: z.string().openapi({ description: "The data, in UTF-8.", example }),
  example,
});

const stored = { content: { "application/json": { schema: dataset } } };

const route = createRoute({
  operationId: "createDataset",
  method: "post",
  path: "/v1/datasets",
  tags: ["measurements"],
  summary: "Store a text or a table to probe on",
  description:
    "text/plain for the task `language`, text/csv for `table`, in UTF-8, at most 16 MiB, plain or with Content-Encoding: " +
    "gzip. Its id is the SHA-256 of the unpacked bytes: the same bytes are stored once, and stored again if they were " +
    "lost. Of an upload that is refused nothing is stored. A body must keep coming: ten seconds, and one more for every " +
    "64 KiB that have arrived.",
  request: {
    query: datasetUploadQuery,
    body: {
      required: true,
      description: "The data.",
      content: {
        "text/plain": body("To be, or not to be, that is the question."),
        "text/csv": body("x,y,label\n0.1,2,0\n0.3,1,1\n"),
      },
    },
  },
  responses: {
    200: { description: "These bytes were stored before.", ...stored },
    201: { description: "The data set, stored; its address is in Location.", ...stored },
    ...BODY_PROBLEMS,
    ...STATEFUL_PROBLEMS,
    ...problemResponses("idempotency-in-progress", "dataset-quota", "busy"),
  },
});

export const createDataset: Operation = (app, { stored, bodyGraceMs }) => {
  const { limits } = stored;
  let reading = 0;
  app.openapi(route, async (c) => {
    const { datasets, idempotency } = stored.of(c.get("owner"));
    const { name = "" } = c.req.valid("query");
    const kind = kindOf(c.req.header("Content-Type"));
    const raw = (c.req.raw.body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>;
    const { stream, isLate } = steadily(raw, bodyGraceMs);
    await refuseAnnounced(c, stream);
    const bytes = unpacked(c, stream);
    if (reading >= UPLOADS_AT_ONCE) {
      throw new ProblemError("busy", {
        detail: `${UPLOADS_AT_ONCE} uploads are being read.`,
        headers: { "Retry-After": "2" },
      });
    }
    reading += 1;
    try {
      const upload = await readAll(bytes, kind, isLate);
      const answer = async () => {
        const put = await datasets.put(upload, name);
        if (put === "full") throw noRoom(limits.datasetQuotaBytes);
        const wire = wireDataset(put.dataset, limits.datasetRetentionDays);
        return respond(c, JSON.stringify(wire), put.status === "created" ? 201 : 200, {
          "Content-Type": "application/json",
          "Cache-Control": "no-store",
          Location: `/v1/datasets/${wire.datasetId}`,
        });
      };
      return (await idempotent(
        c,
        idempotency,
        async () => `dataset ${kind} ${name} ${await digestOf(upload)}`,
        (first) => respond(c, first.body, first.status, first.headers),
        answer,
      )) as never;
    } finally {
      reading -= 1;
    }
  });
};

function kindOf(contentType: string | undefined): DatasetKind {
  const [, subtype] = MEDIA_TYPE.exec(contentType?.trim() ?? "") ?? [];
  if (subtype === undefined) {
    throw new ProblemError("unsupported-media-type", {
      detail: "A data set is text/plain or text/csv, in UTF-8 if a charset is named.",
    });
  }
  return subtype.toLowerCase() === "csv" ? "table" : "text";
}

/** Rejects uploads whose Content-Length exceeds the limit; nothing of them is stored, packed or not. */
async function refuseAnnounced(
  c: Context<AppEnv>,
  body: ReadableStream<Uint8Array>,
): Promise<void> {
  const announced = Number(c.req.header("Content-Length") ?? 0);
  if (!(announced > DATASET_BYTES)) return;
  // Many clients read no answer before they have sent everything; an absurdly long body is cut off.
  if (announced <= MOST_DISCARDED_BYTES) await body.pipeTo(new WritableStream());
  throw tooLarge();
}

/** The body without its gzip; it is unpacked as it is read, so that no more of it is than the limit. */
function unpacked(c: Context<AppEnv>, raw: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const encoding = (c.req.header("Content-Encoding") ?? "identity").trim().toLowerCase();
  if (encoding === "identity") return raw;
  if (encoding !== "gzip") {
    throw new ProblemError("unsupported-media-type", {
      detail: `A data set comes plain or with Content-Encoding: gzip, not ${encoding.slice(0, 40)}.`,
    });
  }
  return inflated(raw, "gzip");
}

async function readAll(
  bytes: ReadableStream<Uint8Array>,
  kind: DatasetKind,
  isLate: () => boolean,
): Promise<Upload> {
  try {
    return await readUpload(bytes, kind, DATASET_BYTES);
  } catch (failure) {
    if (isLate()) throw tooSlow();
    if (failure instanceof UploadTooLarge) throw tooLarge();
    throw failure;
  }
}

async function digestOf({ bytes }: Upload): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).join(".");
}

function tooLarge(): ProblemError {
  return new ProblemError("body-too-large", {
    detail: `A data set may have at most ${DATASET_BYTES} bytes, unpacked.`,
  });
}

function noRoom(quota: number): ProblemError {
  return new ProblemError("dataset-quota", {
    detail: `All data sets together may have ${quota} bytes.`,
  });
}
