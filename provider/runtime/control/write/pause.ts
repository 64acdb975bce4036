// A pause of the writer, in which no batch begins: another process takes over.

/** How long a write waits for the end of the pause. Its caller then sends it again. */
const PAUSED_WRITE_MS = 10_000;

export class Pause {
  readonly #onLong: () => void;
  #pending: PromiseWithResolvers<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLong = false;

  /** `onLong` is called when the pause has become too long for writes to wait for its end. */
  constructor(onLong: () => void) {
    this.#onLong = onLong;
  }

  /** Resolves at the end of the pause. `undefined` if there is none. */
  get ended(): Promise<void> | undefined {
    return this.#pending?.promise;
  }

  /** True while the pause is too long for writes to wait for its end. */
  get isLong(): boolean {
    return this.#isLong;
  }

  /** Does nothing if the pause has begun already. */
  begin(): void {
    this.#pending ??= Promise.withResolvers();
    this.#timer ??= setTimeout(() => {
      this.#isLong = true;
      this.#onLong();
    }, PAUSED_WRITE_MS);
  }

  /** Does nothing if there is no pause. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isLong = false;
    this.#pending?.resolve();
    this.#pending = undefined;
  }
}
