import type { ProbeRequest } from "../generated/schema.ts";
import type { Command, Question } from "./command.ts";
import { bodyOf, LEVEL, PIN } from "./command-parts.ts";
import { content, isObject, number, text, UsageError } from "./flags.ts";
import { showProbe, showProbePlan } from "./show-probe.ts";

const NEEDED = "--text FILE, --csv FILE, --task teacher, language or quadratic, or a request file";
const DRY_RUN = "/dryRun";

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
    {
      name: "dry-run",
      place: DRY_RUN,
      kind: "switch",
      help: "say what it would cost and run nothing",
    },
    LEVEL,
    PIN,
  ],
  examples: [
    "critbatch probe --text corpus.txt",
    "critbatch probe --csv rows.csv --target regression --experiment learning-rate",
    "critbatch probe --task teacher --seed 2 --json",
    "critbatch probe --task language --dry-run",
  ],
  ask: async (client, question, watch) => {
    const { dryRun, ...request } = requestOf(question);
    if (dryRun === true) {
      const plan = await client.planProbe(request);
      return { answer: plan, text: (paint) => showProbePlan(plan, paint) };
    }
    const answer = await client.probe(request, watch());
    return { answer, text: (paint) => showProbe(answer, paint) };
  },
};

/** The request with what the options leave out: the experiment, and the task that a file belongs to. */
function requestOf(question: Question): ProbeRequest & { readonly dryRun?: boolean } {
  const body = bodyOf(question, NEEDED);
  const { task } = body;
  if (!isObject(task)) throw new UsageError(`give ${NEEDED}`);
  return { experiment: "critical-batch", ...body, task: taskOf(task) } as unknown as ProbeRequest;
}

function taskOf(task: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if ("text" in task && "csv" in task) throw new UsageError("one of --text and --csv, not both");
  if ("csv" in task) return { kind: "table", target: "classification", ...task };
  if ("text" in task) return { kind: "language", ...task };
  const isBare = task["kind"] === "language" && !("synthetic" in task || "datasetId" in task);
  return isBare ? { ...task, synthetic: {} } : task;
}
