// Background work that the control plane repeats until it closes.

export class Background {
  readonly #onError: (error: unknown) => void;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Repeats `work` at an interval. While one round runs, further rounds are skipped. */
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
