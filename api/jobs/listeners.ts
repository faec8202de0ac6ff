/** Those who wait for the next event. */
export class Listeners {
  readonly #waiting = new Set<() => void>();

  /** Settles at the next event, or when the time is up. */
  next(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.#waiting.add(done);
    });
  }

  notify(): void {
    for (const done of [...this.#waiting]) done();
  }
}
