import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { parseStorageLimits, type StorageLimits } from "../api/env.ts";
import type { JobDeps } from "../api/jobs/job-deps.ts";
import type { CellMessage, JobStorage, SqlRow, StatefulBindings } from "../api/jobs/job-ports.ts";
import { createPlatform } from "../api/jobs/platform.ts";
import { ProbeJobObject } from "../api/jobs/probe-job.ts";
import type { ProbeEngineModule } from "../api/services/probes/engine-request.ts";
import { statementsOf } from "../tools/statements.ts";

// Only Node has it, and only the tests in Node ask for it.
const newDatabase = (): DatabaseSync => {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  return new DatabaseSync(":memory:");
};

/** A Durable Object's storage on SQLite; its alarm is kept for whoever fires it. */
export class LocalStorage implements JobStorage {
  database = newDatabase();
  alarmMs: number | undefined;
  onAlarm: () => void = () => undefined;

  readonly sql = {
    exec: (query: string, ...bindings: SQLInputValue[]) => {
      const rows = this.database.prepare(query).all(...bindings) as SqlRow[];
      return { toArray: () => rows };
    },
  };

  transactionSync = <T>(change: () => T): T => {
    this.database.exec("BEGIN");
    try {
      const result = change();
      this.database.exec("COMMIT");
      return result;
    } catch (failure) {
      this.database.exec("ROLLBACK");
      throw failure;
    }
  };

  setAlarm = async (timeMs: number) => {
    this.alarmMs = timeMs;
    this.onAlarm();
  };

  deleteAll = async () => {
    this.database.close();
    this.database = newDatabase();
    this.alarmMs = undefined;
  };
}

/** Lets a test stop one statement or bucket operation and do other things meanwhile. */
class Holds {
  readonly #held: { readonly text: string; readonly stop: () => Promise<void> }[] = [];

  /** Stops the next operation whose text contains this one. */
  hold(text: string): { readonly reached: Promise<void>; readonly release: () => void } {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const stop = () => {
      reached.resolve();
      return released.promise;
    };
    this.#held.push({ text, stop });
    return { reached: reached.promise, release: released.resolve };
  }

  async pass(operation: string): Promise<void> {
    const at = this.#held.findIndex(({ text }) => operation.includes(text));
    if (at >= 0) await this.#held.splice(at, 1)[0]?.stop();
  }
}

function localD1(holds: Holds): D1Database {
  const database = newDatabase();
  const { readFileSync, readdirSync } = process.getBuiltinModule("node:fs");
  const folder = new URL("../api/migrations/", import.meta.url);
  for (const file of readdirSync(folder).sort()) {
    for (const statement of statementsOf(readFileSync(new URL(file, folder), "utf8"))) {
      database.exec(statement);
    }
  }
  const bound = (query: string, bindings: SQLInputValue[]) => ({
    run: async () => {
      await holds.pass(query);
      return { meta: { changes: database.prepare(query).run(...bindings).changes } };
    },
    all: async () => {
      await holds.pass(query);
      return { results: database.prepare(query).all(...bindings) };
    },
    first: async () => {
      await holds.pass(query);
      return database.prepare(query).get(...bindings) ?? null;
    },
  });
  const prepare = (query: string) => ({
    ...bound(query, []),
    bind: (...bindings: SQLInputValue[]) => bound(query, bindings),
  });
  return { prepare } as unknown as D1Database;
}

/** A database with all migrations, in this process. */
export const localDatabase = (): D1Database => localD1(new Holds());

/** Of the platform; the tests in Node have it from here. */
class LocalFixedLengthStream extends TransformStream<Uint8Array, Uint8Array> {
  /** @param _bytes - which the real one checks. */
  constructor(_bytes: number) {
    super();
  }
}
if (!("FixedLengthStream" in globalThis)) {
  Object.assign(globalThis, { FixedLengthStream: LocalFixedLengthStream });
}

interface LocalBucket {
  /** Of the checkpoints and data sets. */
  readonly keys: () => readonly string[];
  /** Loses an object, as a damaged disk does. */
  readonly lose: (key: string) => void;
  /** Makes every object look as if it was stored so much earlier. */
  readonly age: (ms: number) => void;
}

function localBucket(holds: Holds): StatefulBindings["BUCKET"] & LocalBucket {
  const objects = new Map<string, Uint8Array<ArrayBuffer>>();
  let ageMs = 0;
  const bucket = {
    put: async (key: string, content: BodyInit) => {
      await holds.pass(`put ${key}`);
      objects.set(key, new Uint8Array(await new Response(content).arrayBuffer()));
    },
    createMultipartUpload: async (key: string) => {
      const parts: Uint8Array[] = [];
      return {
        uploadPart: async (partNumber: number, part: Uint8Array) => {
          parts[partNumber - 1] = part;
          return { partNumber };
        },
        complete: async () => {
          await bucket.put(key, Buffer.concat(parts));
        },
        abort: async () => undefined,
      };
    },
    get: async (key: string) => {
      const bytes = objects.get(key);
      return bytes === undefined ? null : { arrayBuffer: async () => bytes.slice().buffer };
    },
    head: async (key: string) => (objects.has(key) ? { key } : null),
    list: async ({ prefix }: { prefix: string }) => {
      const uploaded = new Date(Date.now() - ageMs);
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
      return { objects: keys.map((key) => ({ key, uploaded })), truncated: false };
    },
    delete: async (keys: string | string[]) => {
      await holds.pass(`delete ${keys}`);
      for (const key of [keys].flat()) objects.delete(key);
    },
    keys: () => [...objects.keys()].filter((key) => !key.startsWith("jobs/")),
    lose: (key: string) => objects.delete(key),
    age: (ms: number) => {
      ageMs = ms;
    },
  };
  return bucket as unknown as StatefulBindings["BUCKET"] & typeof bucket;
}

/** The object of a job, without a runtime around it. */
class LocalProbeJob extends ProbeJobObject {
  constructor(deps: JobDeps) {
    super({} as DurableObjectState, {}, deps);
  }
}

interface LocalOptions {
  readonly loadEngine: () => Promise<ProbeEngineModule>;
  readonly limits?: Partial<StorageLimits>;
  /** What becomes of messages; without it each is delivered once, soon. */
  readonly deliver?: (messages: readonly CellMessage[], local: LocalPlatform) => void;
}

interface LocalJob {
  readonly name: string;
  readonly object: ProbeJobObject;
  readonly storage: LocalStorage;
}

export type LocalPlatform = ReturnType<typeof localPlatform>;

/**
 * The service's state in this process: the same code as on the platform, on SQLite and memory. Alarms that are due
 * within a second fire by themselves.
 */
export function localPlatform({ loadEngine, limits: given, deliver }: LocalOptions) {
  const limits = { ...parseStorageLimits({}), ...given };
  const holds = new Holds();
  const bucket = localBucket(holds);
  const objects = new Map<string, LocalJob>();
  const faults: unknown[] = [];
  // One after the other, as on one machine.
  let last: Promise<unknown> = new Promise((resolve) => setTimeout(resolve, 0));
  const newJob = (name: string, storage: LocalStorage): LocalJob => {
    const object = new LocalProbeJob(platform.jobDeps(storage));
    storage.onAlarm = () => {
      if ((storage.alarmMs ?? 0) > Date.now() + 1000) return;
      const fire = () => object.alarm().catch((fault: unknown) => faults.push(fault));
      setTimeout(() => void fire(), 0);
    };
    const job = { name, object, storage };
    objects.set(name, job);
    return job;
  };
  /** The object of a probe's latest run. */
  const objectOf = (probeId: string): LocalJob => {
    const runs = [...objects.values()].filter(({ name }) => name.startsWith(`${probeId}-`));
    const latest = runs.at(-1);
    if (latest === undefined) throw new Error(`${probeId} has no object`);
    return latest;
  };
  const bindings: StatefulBindings = {
    DB: localD1(holds),
    BUCKET: bucket,
    CELLS: {
      sendBatch: async (batch: Iterable<{ readonly body: CellMessage }>) => {
        const messages = [...batch].map(({ body }) => body);
        if (deliver !== undefined) deliver(messages, local);
        else for (const message of messages) last = last.then(() => local.run(message));
      },
    } as unknown as StatefulBindings["CELLS"],
    PROBE_JOBS: {
      getByName: (name) => (objects.get(name) ?? newJob(name, new LocalStorage())).object,
    },
  };
  const made = createPlatform({
    bindings,
    limits,
    loadEngine,
    reportFault: (_where, fault) => faults.push(fault),
  });
  // Without keys everything belongs to nobody.
  const platform = { ...made, ...made.of("") };
  const outcomes: string[] = [];
  const local = {
    platform,
    limits,
    bucket,
    faults,
    outcomes,
    hold: (text: string) => holds.hold(text),
    /** Runs one statement on the database, as an accident would. */
    alter: (query: string) => bindings.DB.prepare(query).run(),
    objectOf,
    /** Names of all objects that were ever asked for. */
    objectNames: () => [...objects.keys()],
    /** Another instance on the same storage: what a restart leaves. */
    restart(probeId: string): ProbeJobObject {
      const { name, storage } = objectOf(probeId);
      return newJob(name, storage).object;
    },
    /** Delivers one message, of the cells' queue or of the dead ones. */
    async run(body: CellMessage, queue = "critbatch-cells"): Promise<string> {
      let outcome = "none";
      const message = {
        body,
        ack: () => {
          outcome = "ack";
        },
        retry: () => {
          outcome = "retry";
        },
      };
      const batch = { queue, messages: [message] } as unknown as MessageBatch<CellMessage>;
      await platform.queue(batch);
      outcomes.push(outcome);
      return outcome;
    },
  };
  return local;
}
