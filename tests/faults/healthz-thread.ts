// Asks /healthz again and again in a thread of its own, which no body that the suite makes can hold up.
import { request } from "node:http";
import { parentPort, workerData } from "node:worker_threads";

const EVERY_MS = 5;

const { url } = workerData as { readonly url: string };
let slowest = 0;
let begun = performance.now();
let waiting = false;

function ask(): void {
  begun = performance.now();
  waiting = true;
  const done = () => {
    waiting = false;
    slowest = Math.max(slowest, performance.now() - begun);
    setTimeout(ask, EVERY_MS);
  };
  request(`${url}/healthz`, (answer) => {
    answer.resume().once("end", done);
  })
    .once("error", done)
    .end();
}

/** Answers each message with the longest wait since the one before, that which has no end yet included. */
parentPort?.on("message", () => {
  parentPort?.postMessage(Math.max(slowest, waiting ? performance.now() - begun : 0));
  slowest = 0;
});
ask();
