/** A turn of the timer: lets other requests be served, streams flow and a closed stream stop the work. */
export function timerTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
