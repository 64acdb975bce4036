// What has happened in the runtime, newest last, for those who watch: a ring of bounded size between control plane and API.
import { randomBytes } from 'node:crypto';
import type { RuntimeEvent } from '../../../model/api/events.ts';
import type { Need } from '../access/access.ts';

const MAX_EVENTS = 1_000;
/** An event of a large attachment has some 10 KB. */
const MAX_CHARACTERS = 1_000_000;

export interface LoggedEvent {
  readonly id: string;
  readonly type: RuntimeEvent['type'];
  /** The event with its time, as JSON. */
  readonly json: string;
  /** What is asked of who wants to see it, as things were when it happened. */
  readonly needs: readonly Need[];
}

export class EventLog {
  /** Another one in each process: an id of an earlier run must not pass for one of this. */
  readonly #run = randomBytes(4).toString('hex');
  readonly #nowMs: () => number;
  #events: LoggedEvent[] = [];
  #characters = 0;
  #last = 0;
  readonly #readers = new Set<(event: LoggedEvent) => void>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Of the newest event, or of none where there was none yet. */
  get lastId(): string {
    return `${this.#run}-${this.#last}`;
  }

  append(event: RuntimeEvent, needs: readonly Need[]): void {
    const json = JSON.stringify({ at: new Date(this.#nowMs()).toISOString(), ...event });
    this.#last++;
    const logged = { id: this.lastId, type: event.type, json, needs };
    this.#events.push(logged);
    this.#characters += json.length;
    while (this.#events.length > MAX_EVENTS || this.#characters > MAX_CHARACTERS) {
      this.#characters -= this.#events.shift()?.json.length ?? 0;
    }
    for (const read of [...this.#readers]) read(logged);
  }

  /** What came after the event of this id; `isWhole` false: some of it is gone, or the id is none of this run. */
  after(id: string): { readonly events: readonly LoggedEvent[]; readonly isWhole: boolean } {
    const [run, sequence = ''] = id.split('-');
    const after = run === this.#run && /^\d{1,15}$/.test(sequence) ? Number(sequence) : undefined;
    if (after === undefined || after > this.#last) return { events: [...this.#events], isWhole: false };
    const missing = this.#last - after;
    const events = missing === 0 ? [] : this.#events.slice(-missing);
    return { events, isWhole: events.length === missing };
  }

  /** Returns how to unsubscribe. */
  subscribe(read: (event: LoggedEvent) => void): () => void {
    this.#readers.add(read);
    return () => this.#readers.delete(read);
  }
}
