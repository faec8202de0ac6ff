// The socket by which other commands reach a running service; that it answers also keeps a second service off its folder.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, realpathSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { StateFailure } from "./state-failure.ts";

// Longer paths are no addresses of sockets on some systems.
const LONGEST_PATH = 100;
const PATIENCE_MS = 10_000;

export type Answer = (request: unknown) => Promise<unknown>;

function socketPath(folder: string): string {
  const name = createHash("sha256").update(realpathSync(folder)).digest("hex").slice(0, 16);
  if (process.platform === "win32") return `\\\\.\\pipe\\critbatch-${name}`;
  const inside = join(folder, "control.sock");
  return Buffer.byteLength(inside) <= LONGEST_PATH
    ? inside
    : join(tmpdir(), `critbatch-${name}.sock`);
}

/** Asks the service that runs on a folder. Undefined: none does. */
export async function askService(folder: string, request: unknown): Promise<unknown> {
  const socket = await connected(socketPath(folder));
  if (socket === undefined) return undefined;
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.write(`${JSON.stringify(request)}\n`);
  try {
    for await (const line of createInterface(socket)) return JSON.parse(line);
    throw new StateFailure(`the service on ${folder} did not answer; try again`);
  } finally {
    socket.destroy();
  }
}

/**
 * Answers requests of other commands on this machine until it is closed; one JSON text a line.
 *
 * @throws {StateFailure} when a service already runs on the folder.
 */
export async function answerCommands(
  folder: string,
  answer: Answer,
): Promise<{ readonly close: () => void }> {
  const path = socketPath(folder);
  const other = await connected(path);
  if (other !== undefined) {
    other.destroy();
    throw new StateFailure(
      `a service already runs on the state folder ${folder}; stop it, or choose another folder with --persist-to DIR`,
    );
  }
  // What an ended process has left.
  if (process.platform !== "win32") rmSync(path, { force: true });
  const server = createServer((socket) => void serve(socket, answer)).listen(path);
  await once(server, "listening");
  if (process.platform !== "win32") chmodSync(path, 0o600);
  server.unref();
  return { close: () => server.close() };
}

async function serve(socket: Socket, answer: Answer): Promise<void> {
  socket.on("error", () => socket.destroy());
  for await (const line of createInterface(socket)) {
    const reply = await answer(JSON.parse(line)).catch((fault: unknown) => ({
      failure: fault instanceof Error ? fault.message : String(fault),
    }));
    socket.write(`${JSON.stringify(reply)}\n`);
  }
}

async function connected(path: string): Promise<Socket | undefined> {
  const socket = createConnection(path);
  try {
    await once(socket, "connect");
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}
