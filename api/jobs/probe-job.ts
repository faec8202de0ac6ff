import { DurableObject } from "cloudflare:workers";
import type { JobStart } from "../services/probes/jobs.ts";
import type { CellReport, Held } from "./job-cells.ts";
import { JobObject } from "./job-object.ts";
import type { JobStorage } from "./job-ports.ts";
import type { Platform } from "./platform.ts";

/** The Durable Object of one probe: a `JobObject` on its own storage, its methods callable from other isolates. */
export abstract class ProbeJobObject extends DurableObject {
  readonly #job: JobObject;

  constructor(state: DurableObjectState, env: unknown, platform: Platform) {
    super(state, env as Cloudflare.Env);
    this.#job = new JobObject(platform.jobDeps(state.storage as unknown as JobStorage));
  }

  view() {
    return this.#job.view();
  }
  start(start: JobStart) {
    return this.#job.start(start);
  }
  keep(start: JobStart, answer: string, digest: string) {
    return this.#job.keep(start, answer, digest);
  }
  remove() {
    return this.#job.remove();
  }
  waitForEnd(waitMs: number) {
    return this.#job.waitForEnd(waitMs);
  }
  events(after: number, waitMs: number) {
    return this.#job.events(after, waitMs);
  }
  request(run: number) {
    return this.#job.request(run);
  }
  claim(held: Held) {
    return this.#job.claim(held);
  }
  claimNext(run: number, holder: string) {
    return this.#job.claimNext(run, holder);
  }
  heartbeat(held: Held, flops: number, loss: number | undefined) {
    return this.#job.heartbeat(held, flops, loss);
  }
  checkpointed(held: Held, checkpoint: string, flops: number) {
    return this.#job.checkpointed(held, checkpoint, flops);
  }
  report(held: Held, report: CellReport) {
    return this.#job.report(held, report);
  }
  fault(held: Held, detail: string, resend: boolean) {
    return this.#job.fault(held, detail, resend);
  }
  datasetGone(run: number, detail: string) {
    return this.#job.datasetGone(run, detail);
  }
  abandon(cell: Pick<Held, "run" | "number">) {
    return this.#job.abandon(cell);
  }
  override alarm() {
    return this.#job.alarm();
  }
}
