// One reader's stream of server-sent events, of those it may see: what it missed, then what happens, until it is slow, gone or told to end.
import { Readable } from 'node:stream';
import { type Access, mayAll } from '../control/access/access.ts';
import type { EventLog, LoggedEvent } from '../control/events/event-log.ts';

/** More than the whole log has: a reader that asks for all of it is not slow. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
const RECONNECT_AFTER_MS = 1_000;
/** At the end of the runtime: a reader that takes nothing must not hold it up. */
const ENDING_MS = 1_000;

export class EventStream {
  /** Destroyed when its reader is slow. */
  readonly readable = new Readable({ read() {} });
  readonly #access: Access;
  readonly #unsubscribe: () => void;

  /** `lastEventId`: of the header that a reader sends when it comes back; undefined: it wants what happens from now on. */
  constructor(log: EventLog, access: Access, lastEventId: string | undefined) {
    this.#access = access;
    this.#unsubscribe = log.subscribe((event) => this.#tell(event));
    this.readable.on('close', this.#unsubscribe);
    // A block without data is no event, and sets the id that the reader comes back with.
    this.#write(`retry: ${RECONNECT_AFTER_MS}\n${lastEventId === undefined ? `id: ${log.lastId}\n` : ''}\n`);
    if (lastEventId === undefined) return;
    const { events, isWhole } = log.after(lastEventId);
    if (!isWhole) this.#write('event: missed\ndata: {"type":"missed"}\n\n');
    for (const event of events) this.#tell(event);
  }

  /** Keeps proxies between from taking the connection for a dead one. */
  heartbeat(): void {
    this.#write(': heartbeat\n\n');
  }

  /** The reader comes back then, and hears why it may not. */
  endUnlessLive(): void {
    if (!this.#access.isLive) this.end();
  }

  end(): void {
    this.#unsubscribe();
    if (this.readable.destroyed) return;
    this.readable.push(null);
    setTimeout(() => this.readable.destroy(), ENDING_MS).unref();
  }

  #tell(event: LoggedEvent): void {
    if (this.#access.isLive && mayAll(this.#access, event.needs)) this.#write(toBlock(event));
  }

  #write(text: string): void {
    if (this.readable.destroyed) return;
    this.readable.push(text);
    if (this.readable.readableLength > MAX_UNREAD_BYTES) this.readable.destroy();
  }
}

/** JSON has no line breaks of its own. */
function toBlock({ id, type, json }: LoggedEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${json}\n\n`;
}
