// Callers that wait for a condition of targets' health, which is tested again after each change of health or bindings.

type WaitResult = 'met' | 'late' | 'closed';

export class Waiters {
  readonly #looks = new Set<() => void>();
  #isClosed = false;

  /** Resolves with "met" once `isMet` returns true, with "late" after `timeoutMs`, or with "closed" at `close`. */
  async until(isMet: () => boolean, timeoutMs: number): Promise<WaitResult> {
    if (isMet()) return 'met';
    const { promise, resolve } = Promise.withResolvers<WaitResult>();
    const look = () => {
      if (isMet()) resolve('met');
      else if (this.#isClosed) resolve('closed');
    };
    const timer = setTimeout(resolve, timeoutMs, 'late');
    this.#looks.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#looks.delete(look);
    }
  }

  look(): void {
    for (const look of this.#looks) look();
  }

  close(): void {
    this.#isClosed = true;
    this.look();
  }
}
