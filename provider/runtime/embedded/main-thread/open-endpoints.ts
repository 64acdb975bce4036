// The endpoints that the workers have open: served ones, and those that the last prepare opened.
import type { Refusal } from '../../contract/engine.ts';
import type { ListenerSnapshot } from '../../contract/snapshot.ts';
import { type Endpoint, endpointName, type OpenFailure, overlaps, toEndpoint } from '../shared/endpoint.ts';
import { hasForeignSocket } from './foreign-sockets.ts';
import type { ListeningHandles } from './listening-handles.ts';
import { endpointRefusal, probePort } from './port-probe.ts';
import type { Ask } from './worker-place.ts';

/** Asks every worker. The response of a worker that ended is `undefined`. */
type AskAll = (question: Ask) => Promise<readonly (readonly OpenFailure[] | undefined)[]>;

export class OpenEndpoints {
  readonly #askAll: AskAll;
  readonly #closeAll: AskAll;
  readonly #handles: ListeningHandles | undefined;
  /** The endpoints that are served, by endpoint name. */
  readonly #served = new Map<string, Endpoint>();
  readonly #prepared = new Map<string, Endpoint>();

  /**
   * `closeAll` asks every worker too, and ends one that is stuck. `handles`: the sockets that the main
   * thread owns; `undefined` if each worker binds its own.
   */
  constructor(askAll: AskAll, closeAll: AskAll, handles: ListeningHandles | undefined) {
    this.#askAll = askAll;
    this.#closeAll = closeAll;
    this.#handles = handles;
  }

  get served(): readonly Endpoint[] {
    return [...this.#served.values()];
  }

  isServed(name: string): boolean {
    return this.#served.has(name);
  }

  /**
   * Opens listening sockets for endpoints that are not served yet. `wanted` maps their names to their listeners.
   * Returns a refusal for each listener whose endpoint cannot be opened.
   */
  async prepare(wanted: ReadonlyMap<string, ListenerSnapshot>): Promise<Refusal[]> {
    const endpoints = [...wanted.values()].map(toEndpoint);
    const probed = await Promise.all(endpoints.map((endpoint) => this.#probe(endpoint)));
    const failures = probed.filter((failure) => failure !== undefined);
    const unbound = endpoints.filter((_, index) => !probed[index]).map((endpoint) => this.#bind(endpoint));
    const free = unbound.filter((endpoint) => 'transport' in endpoint);
    failures.push(...unbound.filter((failure) => 'endpoint' in failure), ...(await this.#open(free)));
    const failed = new Map(failures.map((failure) => [endpointName(failure.endpoint), failure]));
    for (const endpoint of free) {
      const name = endpointName(endpoint);
      if (!failed.has(name)) this.#prepared.set(name, endpoint);
    }
    return [...wanted].flatMap(([name, { id }]) => {
      const failure = failed.get(name);
      return failure === undefined ? [] : endpointRefusal(id, failure);
    });
  }

  /** Closes the endpoints that the last prepare opened. */
  async abandon(): Promise<void> {
    const endpoints = [...this.#prepared.values()];
    this.#prepared.clear();
    await this.close(endpoints);
  }

  /**
   * Marks the endpoints named in `used` as the served ones. Returns those of them that the last prepare opened, and the
   * others, which are to be closed when the workers serve the snapshot.
   */
  advance(used: ReadonlySet<string>): { readonly opened: readonly Endpoint[]; readonly unused: readonly Endpoint[] } {
    const open = new Map([...this.#served, ...this.#prepared]);
    const unused = [...open].filter(([name]) => !used.has(name)).map(([, endpoint]) => endpoint);
    const opened = [...this.#prepared].filter(([name]) => used.has(name));
    this.#prepared.clear();
    for (const [name, endpoint] of opened) this.#served.set(name, endpoint);
    for (const name of this.#served.keys()) if (!used.has(name)) this.#served.delete(name);
    return { opened: opened.map(([, endpoint]) => endpoint), unused };
  }

  /** Closes all endpoints. Their open connections go on. */
  async leave(): Promise<void> {
    const endpoints = [...this.#served.values(), ...this.#prepared.values()];
    this.#served.clear();
    this.#prepared.clear();
    await this.close(endpoints);
  }

  /**
   * Closes endpoints that no listener uses. The kernel closes each with its last socket: clients that wait in a queue
   * are still accepted.
   */
  async close(endpoints: readonly Endpoint[]): Promise<void> {
    if (endpoints.length === 0) return;
    this.#handles?.close(endpoints);
    await this.#closeAll({ type: 'closeEndpoints', endpoints });
  }

  /**
   * Checks that an endpoint is free. An overlapping socket of the runtime itself is no obstacle: a wildcard and an
   * address of the same port may be open side by side, and the old socket closes when the new one serves.
   */
  async #probe(endpoint: Endpoint): Promise<OpenFailure | undefined> {
    if (this.#handles?.isInherited(endpoint)) return undefined;
    const failure = await probePort(endpoint);
    if (failure?.code !== 'EADDRINUSE') return failure;
    const isOwn = this.served.some((open) => overlaps(open, endpoint)) && !hasForeignSocket(endpoint);
    return isOwn ? undefined : failure;
  }

  /**
   * Opens endpoints in all workers. An endpoint that one worker cannot open is closed in all of them. A worker that
   * ended opens its endpoints during the swap.
   */
  async #open(endpoints: readonly Endpoint[]): Promise<OpenFailure[]> {
    if (endpoints.length === 0) return [];
    const responses = await this.#askAll({ type: 'open', endpoints });
    const failures = responses.flatMap((response) => response ?? []);
    await this.close(failures.map(({ endpoint }) => endpoint));
    return failures;
  }

  #bind(endpoint: Endpoint): Endpoint | OpenFailure {
    return this.#handles?.bind(endpoint) ?? endpoint;
  }
}
