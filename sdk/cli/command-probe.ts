import type { Critbatch } from "../client.ts";
import type { ProbeRequest } from "../generated/schema.ts";
import type { Command, Question, Shown, Watch } from "./command.ts";
import { bodyOf, LEVEL, PIN } from "./command-parts.ts";
import { content, isObject, number, onOff, text, UsageError } from "./flags.ts";
import { showProbe, showProbePlan } from "./show-probe.ts";
import { answerOf, beginProbe } from "./watch-probe.ts";

const NEEDED =
  "--text FILE, --csv FILE, --dataset ID, --task teacher, language or quadratic, or a request file";

export const PROBE: Command = {
  name: "probe",
  summary: "the critical batch measured by short real training runs on your sample",
  takes: [],
  flags: [
    content("text", "/task/text", "text to train a small language model on"),
    content(
      "csv",
      "/task/csv",
      "table to train on: numbers, the label or value in the last column",
    ),
    text("dataset", "/task/datasetId", "text or table that critbatch datasets add has stored"),
    text("target", "/task/target", "what that column is: classification (default) or regression"),
    text(
      "task",
      "/task/kind",
      "a built-in task in place of a file: teacher, language or quadratic",
    ),
    text("experiment", "/experiment", "critical-batch (default), noise-scale or learning-rate"),
    text("optimizer", "/optimizer/kind", "sgd (default), momentum, adam or adamw"),
    number("seed", "/seed", "everything random follows from it (1)"),
    number("seeds", "/seeds", "repeats at the ends and the middle of the batches (3)"),
    number("budget-flops", "/budgetFlops", "FLOPs never to be passed"),
    onOff("fresh", "/fresh", "run again what has been measured before"),
    onOff("detach", "/detach", "print the probe's id once it is taken, and leave it"),
    onOff("dry-run", "/dryRun", "say what it would cost and run nothing"),
    LEVEL,
    PIN,
  ],
  examples: [
    "critbatch probe --text corpus.txt",
    "critbatch probe --csv rows.csv --target regression --experiment learning-rate",
    "critbatch probe --task teacher --seed 2 --json",
    "critbatch probe --task language --dry-run",
    "critbatch probe --text corpus.txt --detach",
    "critbatch probe --dataset 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  ],
  notes:
    "The probe runs in the service and goes on there whatever happens here. What has been measured before is\n" +
    "answered at once. Ctrl-C ends the watch alone: critbatch probes watch ID goes on with it.",
  ask: askProbe,
};

async function askProbe(client: Critbatch, question: Question, watch: () => Watch): Promise<Shown> {
  const { dryRun, detach, ...request } = await requestOf(client, question);
  if (dryRun === true) {
    const plan = await client.planProbe(request);
    return { answer: plan, text: (paint) => showProbePlan(plan, paint) };
  }
  if (detach === true) {
    const state = await client.startProbe(request);
    return { answer: state, text: () => `${state.probeId}\n` };
  }
  const watched = watch();
  const answer = await answerOf(client, await beginProbe(client, request, watched), watched);
  return { answer, text: (paint) => showProbe(answer, paint) };
}

/** Options that are no part of the request. */
interface OfTheProgram {
  readonly dryRun?: boolean;
  readonly detach?: boolean;
}

/** The request with what the options leave out: the experiment, and what the task is. */
async function requestOf(
  client: Critbatch,
  question: Question,
): Promise<ProbeRequest & OfTheProgram> {
  const body = bodyOf(question, NEEDED);
  const { task } = body;
  if (!isObject(task)) throw new UsageError(`give ${NEEDED}`);
  const whole = { experiment: "critical-batch", ...body, task: await taskOf(client, task) };
  return whole as unknown as ProbeRequest;
}

type GivenTask = Readonly<Record<string, unknown>>;

const TABLE = { kind: "table", target: "classification" };

async function taskOf(client: Critbatch, task: GivenTask): Promise<GivenTask> {
  const sources = ["text", "csv", "datasetId"].filter((source) => source in task);
  if (sources.length > 1) throw new UsageError("one of --text, --csv and --dataset, not more");
  if ("csv" in task) return { ...TABLE, ...task };
  if ("text" in task) return { kind: "language", ...task };
  const { kind, datasetId, synthetic } = task;
  if (kind === undefined && typeof datasetId === "string") {
    const dataset = await client.getDataset(datasetId);
    return dataset.kind === "table" ? { ...TABLE, ...task } : { kind: "language", ...task };
  }
  const isBare = kind === "language" && datasetId === undefined && synthetic === undefined;
  return isBare ? { ...task, synthetic: {} } : task;
}
