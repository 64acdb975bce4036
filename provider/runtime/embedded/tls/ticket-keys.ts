// Session ticket keys: all workers use one set, so that each resumes sessions of the others; it is renewed regularly.
import { randomBytes } from 'node:crypto';

/** Size of Node's `ticketKeys`: key name, AES key and HMAC key. */
const KEY_BYTES = 48;
/** Lifetime of one set of keys. A leaked set exposes the sessions resumed in this time, and no others. */
export const TICKET_KEY_MS = 8 * 3600 * 1000;

export class TicketKeys {
  readonly #timer: NodeJS.Timeout;
  #current: Uint8Array;

  /** `first`: the keys of the process that this one takes over from. */
  constructor(lifetimeMs: number, onRenewed: (keys: Uint8Array) => void, first?: Uint8Array) {
    this.#current = first?.length === KEY_BYTES ? first : randomBytes(KEY_BYTES);
    this.#timer = setInterval(() => {
      this.#current = randomBytes(KEY_BYTES);
      onRenewed(this.#current);
    }, lifetimeMs);
    this.#timer.unref();
  }

  get current(): Uint8Array {
    return this.#current;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
