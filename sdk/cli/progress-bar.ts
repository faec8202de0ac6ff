import type { ProbeProgress } from "../probe.ts";

const CELLS = 24;
const COLUMNS = 79;
// More than was expected may still be needed: the bar is full only when the answer is there.
const MOST = 0.99;
const ERASE_LINE = "\r\u001b[K";

/** A line that is drawn over itself while a probe runs. */
export interface ProgressBar {
  readonly draw: (progress: ProbeProgress) => void;
  readonly erase: () => void;
}

/** @param nowMs - a clock. */
export function progressBar(write: (text: string) => void, nowMs: () => number): ProgressBar {
  const startMs = nowMs();
  let isDrawn = false;
  return {
    draw: (progress) => {
      isDrawn = true;
      write(`${ERASE_LINE}${progressLine(progress, nowMs() - startMs)}`);
    },
    erase: () => {
      if (isDrawn) write(ERASE_LINE);
      isDrawn = false;
    },
  };
}

function progressLine(progress: ProbeProgress, elapsedMs: number): string {
  const { stage, flopsDone, flopsExpected, cellsDone, cells } = progress;
  const share = Math.min(MOST, flopsDone / flopsExpected);
  const full = Math.floor(share * CELLS);
  const bar = `${"#".repeat(full)}${".".repeat(CELLS - full)}`;
  const left = share > 0.02 ? `  ${minutes((elapsedMs * (1 - share)) / share)} left` : "";
  const line = `[${bar}] ${Math.floor(100 * share)} %  ${cellsDone}/${cells} runs${left}  ${stage}`;
  return line.slice(0, COLUMNS);
}

function minutes(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
