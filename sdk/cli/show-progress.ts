import type { ProbeProgress } from "../probe.ts";
import type { ProgressDisplay } from "./command.ts";
import { showCount, threeDigits } from "./quantity-text.ts";

const CELLS = 16;
// More than was expected may still be needed: the bar is full only when the answer is there.
const MOST = 0.99;
const ERASE_LINE = "\r\u001b[K";
const LINES = 10;

/** Nothing is shown. */
export const NO_PROGRESS: ProgressDisplay = {
  begin: () => undefined,
  draw: () => undefined,
  erase: () => undefined,
};

/**
 * A bar that is drawn over itself.
 *
 * @param columns - width of the terminal.
 * @param nowMs - a clock.
 */
export function progressBar(
  write: (text: string) => void,
  columns: number,
  nowMs: () => number,
): ProgressDisplay {
  let startMs = nowMs();
  let startFlops = 0;
  let isDrawn = false;
  const draw = (text: string) => {
    isDrawn = true;
    write(`${ERASE_LINE}${text.slice(0, columns - 1)}`);
  };
  return {
    begin: (probeId, flopsDone) => {
      startMs = nowMs();
      startFlops = flopsDone;
      draw(`probe ${probeId}`);
    },
    draw: (progress) => {
      const share = shareOf(progress);
      const full = Math.floor(share * CELLS);
      const bar = `[${"#".repeat(full)}${".".repeat(CELLS - full)}]`;
      const left = timeLeft(progress, startFlops, nowMs() - startMs);
      draw(`${bar} ${cellsOf(progress, left).join("  ")}`);
    },
    erase: () => {
      if (isDrawn) write(ERASE_LINE);
      isDrawn = false;
    },
  };
}

/** The id at the beginning and then a line for each tenth of the work: for logs. */
export function progressLines(write: (text: string) => void): ProgressDisplay {
  let told = 0;
  return {
    begin: (probeId) => write(`critbatch: probe ${probeId}\n`),
    draw: (progress) => {
      const tenth = Math.floor(shareOf(progress) * LINES);
      if (tenth <= told) return;
      told = tenth;
      write(`critbatch: ${cellsOf(progress).join("  ")}\n`);
    },
    erase: () => undefined,
  };
}

function shareOf({ flopsDone, flopsExpected }: ProbeProgress): number {
  return flopsExpected > 0 ? Math.min(MOST, flopsDone / flopsExpected) : 0;
}

function cellsOf(progress: ProbeProgress, left?: string): readonly string[] {
  const { stage, flopsDone, flopsExpected, cellsDone, cells } = progress;
  return [
    `${Math.floor(100 * shareOf(progress))} %`,
    `${cellsDone}/${cells} runs`,
    `${showCount(flopsDone)}/${showCount(flopsExpected)} FLOP`,
    ...(left === undefined ? [] : [`${left} left`]),
    ...lossCells(progress),
    stage,
  ];
}

/** The losses of the training runs under way: the one, or the range. */
function lossCells({ losses = [] }: ProbeProgress): readonly string[] {
  const values = losses.map(({ loss }) => loss);
  const lowest = threeDigits(Math.min(...values));
  const highest = threeDigits(Math.max(...values));
  if (values.length === 0) return [];
  return [lowest === highest ? `loss ${lowest}` : `losses ${lowest} to ${highest}`];
}

/** By the rate since the watch began; undefined while too little of the work has been seen. */
function timeLeft(
  { flopsDone, flopsExpected }: ProbeProgress,
  startFlops: number,
  elapsedMs: number,
): string | undefined {
  const seen = flopsDone - startFlops;
  if (!(seen > 0.02 * flopsExpected) || flopsDone >= flopsExpected) return undefined;
  const seconds = Math.round((elapsedMs * (flopsExpected - flopsDone)) / seen / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
