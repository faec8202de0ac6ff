import { afterAll } from "vitest";
import { killableServices } from "../faults/killable-service.ts";

const services = killableServices();
afterAll(services.end);

/** `npm start` on a state that outlives it, ended with the tests of this file. */
export const start = (state: string, port = "0") => services.start(state, { port });
