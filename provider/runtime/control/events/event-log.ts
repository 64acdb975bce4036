// The log of recent runtime events for readers of the event stream, oldest first and bounded in number.
import { randomBytes } from 'node:crypto';
import type { RuntimeEvent } from '../../../model/api/events.ts';
import { inOneLine } from '../../../model/base/one-line.ts';
import type { Need } from '../access/access.ts';

/**
 * Number of events that are kept. The size of each is bounded where it is made, so that large events of one caller do
 * not push out those of others: all together have at most some 6 million characters.
 */
const MAX_EVENTS = 1_000;

export interface LoggedEvent {
  readonly id: string;
  readonly type: RuntimeEvent['type'];
  /** The event with its time, as JSON. */
  readonly json: string;
  /** The permissions that a reader needs to see the event, decided when the event happened. */
  readonly needs: readonly Need[];
}

export class EventLog {
  /** Random prefix of event ids, so an event id of an earlier process is not mistaken for an event of this process. */
  readonly #run = randomBytes(4).toString('hex');
  readonly #nowMs: () => number;
  readonly #onEvent: (event: RuntimeEvent) => void;
  #events: LoggedEvent[] = [];
  #last = 0;
  readonly #readers = new Set<(event: LoggedEvent) => void>();

  /** `onEvent`: called with each event. */
  constructor(nowMs: () => number, onEvent: (event: RuntimeEvent) => void = () => {}) {
    this.#nowMs = nowMs;
    this.#onEvent = onEvent;
  }

  /** Id of the newest event. Before the first event, an id that sorts before all events. */
  get lastId(): string {
    return `${this.#run}-${this.#last}`;
  }

  append(event: RuntimeEvent, needs: readonly Need[]): void {
    const json = inOneLine(JSON.stringify({ at: new Date(this.#nowMs()).toISOString(), ...event }));
    this.#last++;
    const logged = { id: this.lastId, type: event.type, json, needs };
    this.#events.push(logged);
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
    for (const read of [...this.#readers]) read(logged);
    this.#onEvent(event);
  }

  /**
   * The events after the event with this id. `isWhole` is false if some of them were dropped from the log, or if the id
   * belongs to an earlier process.
   */
  after(id: string): { readonly events: readonly LoggedEvent[]; readonly isWhole: boolean } {
    const [run, sequence = ''] = id.split('-');
    const after = run === this.#run && /^\d{1,15}$/.test(sequence) ? Number(sequence) : undefined;
    if (after === undefined || after > this.#last) return { events: [...this.#events], isWhole: false };
    const missing = this.#last - after;
    const events = missing === 0 ? [] : this.#events.slice(-missing);
    return { events, isWhole: events.length === missing };
  }

  /** Calls `read` with each event that is logged from now on. Returns a function that ends the subscription. */
  subscribe(read: (event: LoggedEvent) => void): () => void {
    this.#readers.add(read);
    return () => this.#readers.delete(read);
  }
}
