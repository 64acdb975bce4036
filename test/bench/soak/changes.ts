// The changes of a soak: binds, unbinds, weights, targets that stop and come back, ended workers, and take-overs.
import { setTimeout as delay } from 'node:timers/promises';
import type { Crew } from './crew.ts';
import type { Served } from './served.ts';
import type { TargetPorts, Targets } from './targets.ts';

/** Listeners whose targets change; the targets of the others stay. */
const CHANGED = ['http', 'https', 'tcp'] as const;
type Changed = (typeof CHANGED)[number];
/** Numbers of the targets that stay, those that stop at times, and those that are unbound at times. */
const [FIRST_STOPPED, FIRST_UNBOUND, COUNT] = [2, 4, 6];
const MAX_STOP_MS = 4_000;
const AWAIT_HEALTHY_SECONDS = 30;
const SEED = 16;
/** Writes of a take-over: the new process starts meanwhile, and the former one drains. */
const WRITES_WHILE_DRAINING = 5;

/** The calls of a part in another process are asynchronous. */
type Calls<T, K extends keyof T> = {
  readonly [M in K]: T[M] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

export class Changes {
  readonly #served: Served;
  readonly #ports: TargetPorts;
  readonly #unbound = new Set<string>();
  readonly #counts: Record<string, number> = {};
  #stopped: Promise<void> | undefined;
  #random = SEED;

  constructor(served: Served, ports: TargetPorts) {
    this.#served = served;
    this.#ports = ports;
  }

  /** How often each kind of change was made. */
  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  /** Makes one change, which the seed chooses. */
  async make(crew: Calls<Crew, 'disturbed'>, targets: Calls<Targets, 'stopFor'>): Promise<void> {
    const listener = CHANGED[this.#next(CHANGED.length)] ?? 'http';
    const kind = this.#next(10);
    if (kind < 5) await this.#bindOrUnbind(crew, listener, FIRST_UNBOUND + this.#next(COUNT - FIRST_UNBOUND));
    else if (kind < 8) await this.#weigh(listener, this.#next(FIRST_UNBOUND));
    else if (this.#stopped === undefined) {
      const target = FIRST_STOPPED + this.#next(FIRST_UNBOUND - FIRST_STOPPED);
      await crew.disturbed(`t${target}`);
      this.#count('stopped targets');
      this.#stopped = targets.stopFor(target, this.#next(MAX_STOP_MS)).finally(() => {
        this.#stopped = undefined;
      });
      this.#stopped.catch(() => {});
    }
  }

  /** Resolves when no target is stopped. */
  async settled(): Promise<void> {
    await this.#stopped;
  }

  async endWorker(): Promise<void> {
    this.#count('ended workers');
    await this.#served.endWorker(this.#next(1_000));
  }

  /** Has a new process take over, and changes targets while it starts and while the former one drains. */
  async duringTakeOver(crew: Calls<Crew, 'disturbed'>): Promise<{ ended: Promise<void> }> {
    this.#count('take-overs');
    const takenOver = this.#served.takeOver();
    for (let i = 0; i < WRITES_WHILE_DRAINING; i++) {
      await this.#bindOrUnbind(crew, CHANGED[i % CHANGED.length] ?? 'http', FIRST_UNBOUND);
      await delay(200);
      if (i === 1) await takenOver;
    }
    return await takenOver;
  }

  /** Binds all targets of all listeners, and waits until they are healthy. */
  async bindAll(): Promise<void> {
    await this.settled();
    for (const listenerId of [...CHANGED, 'udp', 'probe'] as const) {
      const targets: Record<string, object> = {};
      // The targets of the probes never stop: they have those that stay.
      const count = listenerId === 'probe' ? FIRST_STOPPED : COUNT;
      for (let i = 0; i < count; i++) targets[`t${i}`] = this.#target(listenerId, i);
      const body = { listenerId, targets, awaitHealthySeconds: AWAIT_HEALTHY_SECONDS };
      await this.#served.write('PUT', `/v1/attachments/${listenerId}`, body);
    }
    this.#unbound.clear();
  }

  async unbindAll(): Promise<void> {
    await this.settled();
    for (const id of [...CHANGED, 'udp', 'probe'])
      await this.#served.write('PUT', `/v1/attachments/${id}`, { listenerId: id, targets: {} });
  }

  async #bindOrUnbind(crew: Calls<Crew, 'disturbed'>, listener: Changed, number: number): Promise<void> {
    const key = `${listener} t${number}`;
    const isBind = this.#unbound.delete(key);
    if (!isBind) this.#unbound.add(key);
    this.#count(isBind ? 'binds' : 'unbinds');
    const disturb = async () => {
      if (!isBind && listener === 'tcp') await crew.disturbed(`t${number}`);
    };
    await disturb();
    await this.#patch(listener, { [`t${number}`]: isBind ? this.#target(listener, number) : null });
    await disturb();
  }

  async #weigh(listener: Changed, number: number): Promise<void> {
    this.#count('weights');
    await this.#patch(listener, { [`t${number}`]: { weight: 1 + this.#next(100) } });
  }

  async #patch(listener: Changed, targets: object): Promise<void> {
    // A change does not wait for healthy targets, because others follow meanwhile.
    await this.#served.write('PATCH', `/v1/attachments/${listener}`, { targets, awaitHealthySeconds: null });
  }

  #target(listener: string, number: number): object {
    const { http, tcp, udp } = this.#ports;
    const ports = listener === 'udp' ? udp : listener === 'tcp' ? tcp : http;
    return { address: '127.0.0.1', port: ports[number], weight: 100 };
  }

  #count(name: string): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
  }

  /** Returns a number below `limit` of a linear congruential sequence (Numerical Recipes). */
  #next(limit: number): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#random / 2 ** 32) * limit);
  }
}
