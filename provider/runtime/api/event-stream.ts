// Server-sent events for one reader: missed events first, then new events, filtered by the reader's permissions.
import { Readable } from 'node:stream';
import { type Access, mayAll } from '../control/access/access.ts';
import type { EventLog, LoggedEvent } from '../control/events/event-log.ts';

/** Limit for unread text of a reader, above which the stream is destroyed. Larger than the whole event log. */
const MAX_UNREAD_CHARACTERS = 8 * 1024 * 1024;
const RECONNECT_AFTER_MS = 1_000;
/**
 * Time in which the reader must read the rest of an ended event stream, so an idle reader does not delay the runtime's
 * end.
 */
const ENDING_MS = 1_000;

export class EventStream {
  /** Body of the response that carries the event stream. Destroyed if its reader is too slow. */
  readonly readable = new Readable({ read: () => this.#ask() });
  /**
   * The parts that the reader has not taken yet. Their events are shared with the event log, so that many slow readers
   * cost no more memory than one.
   */
  readonly #unread: (LoggedEvent | string)[] = [];
  #unreadCharacters = 0;
  /** Whether the reader has asked for more than it got. */
  #isWanted = false;
  #hasEnded = false;
  readonly #access: Access;
  readonly #unsubscribe: () => void;

  /** `lastEventId`: Last-Event-ID header of a reader that reconnects; `undefined` sends only new events. */
  constructor(log: EventLog, access: Access, lastEventId: string | undefined) {
    this.#access = access;
    this.#unsubscribe = log.subscribe((event) => this.#tell(event));
    this.readable.on('close', this.#unsubscribe);
    // A block without data is not an event, but sets the event id that the reader sends when it reconnects.
    this.#write(`retry: ${RECONNECT_AFTER_MS}\n${lastEventId === undefined ? `id: ${log.lastId}\n` : ''}\n`);
    if (lastEventId === undefined) return;
    const { events, isWhole } = log.after(lastEventId);
    if (!isWhole) this.#write('event: missed\ndata: {"type":"missed"}\n\n');
    for (const event of events) this.#tell(event);
  }

  /** Id of the reader's token; `undefined` for the administrator. */
  get tokenId(): string | undefined {
    return this.#access.tokenId;
  }

  /** Sends a comment, so proxies between runtime and reader do not close the connection as idle. */
  heartbeat(): void {
    this.#write(': heartbeat\n\n');
  }

  /** Ends the stream if the reader's token is no longer valid. The reader reconnects and gets the error response. */
  endUnlessLive(): void {
    if (!this.#access.isLive) this.end();
  }

  end(): void {
    this.#unsubscribe();
    if (this.readable.destroyed || this.#hasEnded) return;
    this.#hasEnded = true;
    this.#flow();
    setTimeout(() => this.readable.destroy(), ENDING_MS).unref();
  }

  #tell(event: LoggedEvent): void {
    if (this.#access.isLive && mayAll(this.#access, event.needs)) this.#write(event);
  }

  #write(part: LoggedEvent | string): void {
    if (this.readable.destroyed || this.#hasEnded) return;
    this.#unread.push(part);
    this.#unreadCharacters += sizeOf(part);
    if (this.#unreadCharacters > MAX_UNREAD_CHARACTERS) {
      this.#unread.length = 0;
      this.readable.destroy();
    } else this.#flow();
  }

  #ask(): void {
    this.#isWanted = true;
    this.#flow();
  }

  /** Passes on the parts that the reader takes. */
  #flow(): void {
    while (this.#isWanted) {
      const part = this.#unread.shift();
      if (part === undefined) break;
      this.#unreadCharacters -= sizeOf(part);
      this.#isWanted = this.readable.push(typeof part === 'string' ? part : toBlock(part));
    }
    if (this.#hasEnded && this.#unread.length === 0) this.readable.push(null);
  }
}

function sizeOf(part: LoggedEvent | string): number {
  return typeof part === 'string' ? part.length : part.json.length;
}

/** An event as a block of the event stream. The JSON text fits one data line, because it has no line breaks. */
function toBlock({ id, type, json }: LoggedEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${json}\n\n`;
}
