import type { JobDeps } from "./job-deps.ts";
import type { JobTables } from "./job-tables.ts";
import { isActive } from "./job-view.ts";

/** Sends a message for each queued cell that has none under way. */
export async function sendUnsent(
  { storage, nowMs, send }: Pick<JobDeps, "storage" | "nowMs" | "send">,
  tables: JobTables,
): Promise<void> {
  const job = tables.job();
  if (job === undefined || !isActive(job)) return;
  const cells = tables.unsent();
  if (cells.length === 0) return;
  const { probeId, run } = job;
  const sentMs = nowMs();
  // Noted first, so that two calls at the same time send one message each; what is lost is sent again when overdue.
  storage.transactionSync(() => {
    for (const { number, sends } of cells) tables.updateCell(number, { sends: sends + 1, sentMs });
  });
  try {
    await send(cells.map(({ number }) => ({ probeId, number, run })));
  } catch (fault) {
    storage.transactionSync(() => {
      if (tables.job() === undefined) return;
      for (const { number } of cells) tables.updateCell(number, { sentMs: 0 });
    });
    throw fault;
  }
}
