// The clients of a soak as a crew, which rests on request and counts what each kind of client saw.
import { setTimeout as delay } from 'node:timers/promises';
import {
  DatagramClient,
  type FailedRequest,
  FlowClient,
  HttpClient,
  LostDatagram,
  type SoakClient,
} from './clients.ts';

export type Ports = Readonly<Record<'http' | 'https' | 'tcp' | 'udp' | 'probe', number>>;

/** A kind of client: how many there are, on which listener, and the pause of each between two requests. */
interface CrewKind {
  readonly listener: keyof Ports;
  readonly count: number;
  readonly pauseMs: number;
  readonly make: (ports: Ports) => SoakClient;
}

const http = (ports: Ports) => `http://127.0.0.1:${ports.http}/`;
const https = (ports: Ports) => `https://127.0.0.1:${ports.https}/`;

export const CREW_KINDS = {
  'HTTP, kept': { listener: 'http', count: 6, pauseMs: 15, make: (ports) => new HttpClient(http(ports), true) },
  'HTTP, fresh': { listener: 'http', count: 3, pauseMs: 20, make: (ports) => new HttpClient(http(ports), false) },
  'HTTPS, kept': { listener: 'https', count: 4, pauseMs: 20, make: (ports) => new HttpClient(https(ports), true) },
  'HTTPS, fresh': { listener: 'https', count: 2, pauseMs: 80, make: (ports) => new HttpClient(https(ports), false) },
  'TCP, kept': { listener: 'tcp', count: 4, pauseMs: 20, make: (ports) => new FlowClient(ports.tcp, true) },
  'TCP, fresh': { listener: 'tcp', count: 3, pauseMs: 25, make: (ports) => new FlowClient(ports.tcp, false) },
  UDP: { listener: 'udp', count: 2, pauseMs: 20, make: (ports) => new DatagramClient(ports.udp) },
  // The probes go on when the others rest, and their listener's targets do not change.
  probe: {
    listener: 'probe',
    count: 2,
    pauseMs: 25,
    make: (ports) => new HttpClient(`http://127.0.0.1:${ports.probe}/`, false),
  },
} satisfies Readonly<Record<string, CrewKind>>;

/** How long after an unbind or a stop of a target its connections may end. */
const DISTURBED_MS = 5_000;
/** How long after an unbind or a stop of any target a connection may end whose target has not said its name yet. */
const UNNAMED_MS = 1_000;
const MAX_FAILURES = 20;

export interface CrewCounts {
  /** Requests with a response, by kind. */
  readonly requests: Readonly<Record<string, number>>;
  /** TCP connections that were opened. */
  readonly opened: number;
  readonly failed: number;
  readonly failures: readonly string[];
  readonly resets: number;
  readonly lostDatagrams: number;
}

interface Member {
  readonly isProbe: boolean;
  readonly client: SoakClient;
  isResting: boolean;
}

export class Crew {
  readonly #requests: Record<string, number> = {};
  readonly #failures: string[] = [];
  readonly #disturbedAtMs = new Map<string, number>();
  readonly #clients: Member[] = [];
  readonly #startedAtMs = performance.now();
  #rest: 'none' | 'clients' | 'all' = 'all';
  #failed = 0;
  #resets = 0;
  #lostDatagrams = 0;
  #isOver = false;

  constructor(ports: Ports) {
    for (const [name, { count, pauseMs, make, listener }] of Object.entries<CrewKind>(CREW_KINDS)) {
      this.#requests[name] = 0;
      for (let i = 0; i < count; i++) {
        const one = { isProbe: listener === 'probe', client: make(ports), isResting: true };
        this.#clients.push(one);
        void this.#work(name, one, pauseMs);
      }
    }
  }

  /** Resolves when the clients, or all with the probes, have their last response. */
  async rest(who: 'clients' | 'all', isClosing: boolean): Promise<void> {
    this.#rest = who;
    const resting = this.#clients.filter(({ isProbe }) => who === 'all' || !isProbe);
    while (!resting.every(({ isResting }) => isResting)) await delay(1);
    if (isClosing) for (const { client } of resting) client.close();
  }

  go(): void {
    this.#rest = 'none';
  }

  /** Says that the TCP connections of a target may end now. */
  disturbed(target: string): void {
    this.#disturbedAtMs.set(target, performance.now());
  }

  counts(): CrewCounts {
    const opened = this.#clients.reduce((sum, { client }) => sum + client.opened, 0);
    const [requests, failures] = [{ ...this.#requests }, this.#failures];
    return {
      requests,
      opened,
      failed: this.#failed,
      failures,
      resets: this.#resets,
      lostDatagrams: this.#lostDatagrams,
    };
  }

  end(): void {
    this.#isOver = true;
    for (const { client } of this.#clients) client.close();
  }

  async #work(kind: string, one: Member, pauseMs: number): Promise<void> {
    while (!this.#isOver) {
      one.isResting = this.#rest === 'all' || (this.#rest === 'clients' && !one.isProbe);
      if (!one.isResting) await this.#ask(kind, one.client);
      await delay(one.isResting ? 2 : pauseMs);
    }
  }

  async #ask(kind: string, client: SoakClient): Promise<void> {
    try {
      await client.ask();
      this.#requests[kind] = (this.#requests[kind] ?? 0) + 1;
    } catch (error) {
      if (this.#isOver) return;
      if (error instanceof LostDatagram) {
        this.#lostDatagrams += 1;
        return;
      }
      if (kind.startsWith('TCP') && this.#isDisturbed(error as FailedRequest)) {
        this.#resets += 1;
        return;
      }
      this.#failed += 1;
      const seconds = ((performance.now() - this.#startedAtMs) / 1000).toFixed(1);
      if (this.#failures.length < MAX_FAILURES)
        this.#failures.push(`${kind}, after ${seconds} s: ${(error as Error).message}`);
    }
  }

  #isDisturbed({ target }: FailedRequest): boolean {
    const nowMs = performance.now();
    if (target !== undefined) return nowMs - (this.#disturbedAtMs.get(target) ?? 0) < DISTURBED_MS;
    return [...this.#disturbedAtMs.values()].some((atMs) => nowMs - atMs < UNNAMED_MS);
  }
}
