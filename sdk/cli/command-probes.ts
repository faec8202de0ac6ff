import type { Critbatch } from "../client.ts";
import type { ProbeState } from "../generated/schema.ts";
import type { ProbeListQuery } from "../probes.ts";
import type { Command, Question, Shown } from "./command.ts";
import { nameOf, PAGE } from "./command-parts.ts";
import { RefusedError, text } from "./flags.ts";
import { showProbe } from "./show-probe.ts";
import { showJob, showProbeList } from "./show-probes.ts";
import { answerOf } from "./watch-probe.ts";

const EXAMPLE = "3f2a9c00b1d84e6f9a7c5d2e1f003344";
const whenNotFound = "critbatch probes list lists the probes";
const idOf = (question: Question) => nameOf(question, "the id of a probe");

const ONE = { takes: ["ID"], flags: [], file: "none", whenNotFound } as const;

const LIST: Command = {
  name: "probes list",
  summary: "the probes that are kept, newest first",
  takes: [],
  flags: [
    text("status", "/status", "only those queued, running, succeeded, failed or cancelled"),
    text("experiment", "/experiment", "only critical-batch, noise-scale or learning-rate"),
    ...PAGE,
  ],
  file: "none",
  examples: ["critbatch probes list", "critbatch probes list --status running --limit 5"],
  ask: async (client, { body = {} }) => {
    const answer = await client.listProbes(body as ProbeListQuery);
    return { answer, text: (paint) => showProbeList(answer, paint) };
  },
};

const SHOW: Command = {
  ...ONE,
  name: "probes show",
  summary: "a probe: its result, or how far it has come",
  examples: [`critbatch probes show ${EXAMPLE}`, `critbatch probes show ${EXAMPLE} --json`],
  ask: async (client, question) => shown(await client.getProbe(idOf(question))),
};

const WATCH: Command = {
  ...ONE,
  name: "probes watch",
  summary: "the progress of a probe, and its result when it is there",
  examples: [`critbatch probes watch ${EXAMPLE}`],
  notes: "Ctrl-C ends the watch alone; the probe goes on.",
  ask: async (client, question, watch) => {
    const state = await client.getProbe(idOf(question));
    return shown(await answerOf(client, state, watch()));
  },
};

const CANCEL: Command = {
  ...ONE,
  name: "probes cancel",
  summary: "give up a probe that is under way",
  examples: [`critbatch probes cancel ${EXAMPLE}`],
  ask: async (client, question) => cancel(client, idOf(question)),
};

export const PROBES: readonly Command[] = [LIST, SHOW, WATCH, CANCEL];

function shown(state: ProbeState): Shown {
  return {
    answer: state,
    text: (paint) =>
      state.status === "succeeded" ? showProbe(state, paint) : showJob(state, paint),
  };
}

/** Only what is under way: the call of the service would delete what has ended. */
async function cancel(client: Critbatch, probeId: string): Promise<Shown> {
  const state = await client.getProbe(probeId);
  if (state.status === "cancelled") return shown(state);
  if (state.status === "succeeded" || state.status === "failed") {
    throw new RefusedError(`the probe ${probeId} has ${state.status}: nothing is left to cancel`);
  }
  const job = await client.cancelProbe(probeId);
  if (job !== undefined) return shown(job);
  throw new RefusedError(`the probe ${probeId} ended just before it was cancelled: it is deleted`);
}
