// The replay buffer: the beginning of a request's body as targets get it, kept until no other target may need it.

/** Limit for a body that is kept. A request with a body of this size or more is sent only once. */
export const MAX_REPLAY_BYTES = 64 * 1024;

export class ReplayBuffer {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #isWhole = true;

  /** True if all added parts of the request's body are still kept. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  get isFull(): boolean {
    return this.#bytes >= MAX_REPLAY_BYTES;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  reset(): void {
    if (this.#bytes > 0) this.#pieces = [];
    this.#bytes = 0;
    this.#isWhole = true;
  }

  /** Adds a copy of the framed part output[from..to). */
  add(output: Buffer, from: number, to: number): void {
    this.#pieces.push(Buffer.from(output.subarray(from, to)));
    this.#bytes += to - from;
  }

  /**
   * Adds a copy of the framed part output[from..to). Forgets all kept parts if the request's body gets too long to be
   * kept.
   */
  addIfItFits(output: Buffer, from: number, to: number): void {
    if (!this.#isWhole) return;
    if (this.#bytes + to - from > MAX_REPLAY_BYTES) this.forget();
    else this.add(output, from, to);
  }

  forget(): void {
    if (this.#bytes > 0) this.#pieces = [];
    this.#bytes = 0;
    this.#isWhole = false;
  }

  /** Returns all kept parts of the request's body as latin1 text, to be written together with the head. */
  text(): string {
    let text = '';
    for (const piece of this.#pieces) text += piece.toString('latin1');
    return text;
  }
}
