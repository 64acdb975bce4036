// Work that is repeated in the background for as long as the control plane lives.

export class Background {
  readonly #onError: (error: unknown) => void;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** A round that takes longer than the interval is not overtaken by the next. */
  every(intervalMs: number, work: () => Promise<void>): void {
    let isRunning = false;
    const round = async () => {
      if (isRunning) return;
      isRunning = true;
      await work().catch(this.#onError);
      isRunning = false;
    };
    this.#timers.push(setInterval(() => void round(), intervalMs));
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
}
