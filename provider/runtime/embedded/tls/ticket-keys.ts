// The keys of session tickets: one set for all workers, so that each resumes what another one began; renewed with time.
import { randomBytes } from 'node:crypto';

/** Of Node's `ticketKeys`: name, AES and HMAC key. */
const KEY_BYTES = 48;
/** A key that leaks opens the resumed sessions of this time, and of no other. */
export const TICKET_KEY_MS = 8 * 3600 * 1000;

export class TicketKeys {
  readonly #timer: NodeJS.Timeout;
  #current: Uint8Array = randomBytes(KEY_BYTES);

  constructor(lifetimeMs: number, onRenewed: (keys: Uint8Array) => void) {
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
