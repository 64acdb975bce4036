// The beginning of a request's body as it goes to a backend: kept while no target has it, or while another may get it.

/** More than this is not kept; a request that is longer is sent once. */
const MAX_REPLAY_BYTES = 64 * 1024;

export class ReplayBuffer {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #isWhole = true;

  /** Everything that was added is still here. */
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

  /** Copies output[from..to). */
  add(output: Buffer, from: number, to: number): void {
    this.#pieces.push(Buffer.from(output.subarray(from, to)));
    this.#bytes += to - from;
  }

  /** As add(), but where it would be too much everything is forgotten. */
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

  /** All of it as latin1, to be written in one piece with the head. */
  text(): string {
    let text = '';
    for (const piece of this.#pieces) text += piece.toString('latin1');
    return text;
  }
}
