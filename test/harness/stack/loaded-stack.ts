// A real stack whose listeners receive HTTP and TCP requests continuously while `pulumi up` changes its program.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { anyBackend } from '../backends/any-protocol.ts';
import { askTcp, freePort } from '../backends/backends.ts';
import { exchange } from '../clients/load.ts';
import { type Clients, type Place, startClients } from '../clients/moving-clients.ts';
import { RuntimeProcess, until } from '../runtime/runtime.ts';
import { Stack } from './stack.ts';

/** Number of requests that each client makes before and after an `up`. */
const ROUNDS = 10;
/** Pause of a client after each response. Without it, the CLI would not get enough processor time. */
const PAUSE_MS = 3;
/** Number of requests that find out which backends respond; enough for every target to get at least one. */
const ASKED = 12;

/** The variable parts of the program of the stack. Parts that are not given have defaults. */
interface Program {
  /**
   * JavaScript code that calls `bind(name, targets, options)`, which makes three attachments: of `web`, `tcp` and
   * `rule`. The variables a, b, c and d are targets.
   */
  readonly targets: string;
  /** Names of resources, by their default names `lb`, `web`, `tcp` and `rule`. */
  readonly names?: Readonly<Record<string, string>>;
  readonly address?: string;
  /** Properties of the listener `web`. */
  readonly web?: object;
}

export interface Row extends Program {
  readonly what: string;
  /** Letters of the backends that respond after the `up`. */
  readonly responding: string;
  /** Names of resources that the `up` replaces. */
  readonly replace?: readonly string[];
  /** Letters of the backends that the `up` unbinds. Open TCP flows to these backends end; no other client fails. */
  readonly unbound?: string;
}

export class LoadedStack {
  readonly runtime: RuntimeProcess;
  readonly stack: Stack;
  readonly #ports: Readonly<Record<'web' | 'tcp', number>>;
  readonly #targets: Readonly<Record<string, object>>;
  readonly #places: Readonly<Record<'web' | 'rule' | 'tcp', Place>>;
  #clients: Clients | undefined;

  private constructor(runtime: RuntimeProcess, stack: Stack, ports: { web: number; tcp: number }, targets: object) {
    this.runtime = runtime;
    this.stack = stack;
    this.#ports = ports;
    this.#targets = { ...targets };
    this.#places = { web: { url: '' }, rule: { url: '' }, tcp: { url: '' } };
    this.#move('127.0.0.1', 'http', 'url');
  }

  /** Starts the backends a, b, c and d, brings the stack up, and starts the clients. */
  static async start(t: TestContext, first: Program): Promise<LoadedStack> {
    const runtime = await RuntimeProcess.start(t, { args: ['--workers', '2'] });
    const backends = await Promise.all([...'abcd'].map((name) => anyBackend(t, name)));
    const targets = Object.fromEntries(backends.map(({ name, target }) => [name, target]));
    const ports = { web: await freePort(), tcp: await freePort() };
    const loaded = new LoadedStack(runtime, await Stack.create(t, '', runtime), ports, targets);
    loaded.stack.write(loaded.#text(first));
    await loaded.stack.up();
    const { tcp, ...http } = loaded.#places;
    const clients = startClients(http, tcp, { pauseMs: PAUSE_MS });
    t.after(() => clients.stop());
    loaded.#clients = clients;
    return loaded;
  }

  /**
   * Brings a changed program up. Asserts that no client fails before, during or after the `up`, and that only the
   * expected backends respond afterwards.
   */
  async row(row: Row): Promise<void> {
    const clients = this.#clients as Clients;
    await this.#rounds(clients);
    const from = clients.failures.length;
    this.#move(row.address ?? '127.0.0.1', 'protocol' in (row.web ?? {}) ? 'https' : 'http', 'next');
    this.stack.write(this.#text(row));
    const replaced = await this.#urns(row.replace ?? []);
    await this.stack.done(['up', '--yes', '--skip-preview', ...replaced.flatMap((urn) => ['--replace', urn])]);
    const respondedAtMs = performance.now();
    await until('the end of the flows with unbound targets', async () => {
      const { listeners } = await this.runtime.done('GET', '/v1/status');
      const targets: { draining: number }[] = listeners.flatMap((listener: { targets: object[] }) => listener.targets);
      return targets.every(({ draining }) => draining === 0) || undefined;
    });
    await this.#rounds(clients);
    const failures = clients.failures.slice(from).filter(({ client, backend = '' }) => {
      return !(client.startsWith('tcp flow') && row.unbound?.includes(backend));
    });
    const times = failures.map((failure) => ({ ...failure, startedAtMs: failure.startedAtMs - respondedAtMs }));
    assert.deepEqual(times.slice(0, 5), [], `${failures.length} failures; time 0 is the end of the up`);
    for (const { url } of Object.values(this.#places)) {
      assert.deepEqual(await whoServes(url), new Set(row.responding), `backends that respond at ${url}`);
    }
  }

  async #rounds({ done }: Clients): Promise<void> {
    const before = new Map(done);
    await until('requests of each client', () =>
      [...before].every(([client, count]) => (done.get(client) ?? 0) > count + ROUNDS),
    );
  }

  #move(address: string, scheme: 'http' | 'https', to: 'url' | 'next'): void {
    const { web, tcp } = this.#ports;
    this.#places.web[to] = `${scheme}://${address}:${web}/`;
    this.#places.rule[to] = `${scheme}://${address}:${web}/rule/`;
    this.#places.tcp[to] = `tcp://${address}:${tcp}`;
  }

  async #urns(names: readonly string[]): Promise<string[]> {
    if (names.length === 0) return [];
    const resources = await this.stack.resources();
    return names.map((name) => resources.get(name)?.urn ?? assert.fail(`the stack has no resource named ${name}`));
  }

  #text({ targets, names = {}, address = '127.0.0.1', web = { protocol: 'HTTP' } }: Program): string {
    const name = (variable: string) => JSON.stringify(names[variable] ?? variable);
    const each = Object.entries(this.#targets).map(([key, target]) => `const ${key} = ${JSON.stringify(target)};`);
    return `
import * as weir from 'pulumi-weir';
${each.join('\n')}
const healthCheck = { intervalSeconds: 0.2, timeoutSeconds: 5 };
const lb = new weir.LoadBalancer(${name('lb')}, { address: '${address}' });
const common = { loadBalancerId: lb.id, healthCheck, drainSeconds: 1 };
const web = new weir.Listener(${name('web')}, { ...common, port: ${this.#ports.web}, ...${JSON.stringify(web)} });
const tcp = new weir.Listener(${name('tcp')}, { ...common, port: ${this.#ports.tcp}, protocol: 'TCP' });
const rule = new weir.ForwardingRule(${name('rule')}, { listenerId: web.id, path: '/rule', healthCheck });
const bind = (name, targets, options) => Object.entries({ web: { listenerId: web.id }, tcp: { listenerId: tcp.id }, rule: { ruleId: rule.id } })
  .map(([of, parent]) => new weir.TargetAttachment(name + '-' + of, { ...parent, targets, awaitHealthySeconds: 10 }, options));
${targets}
`;
  }
}

async function whoServes(url: string): Promise<Set<string | undefined>> {
  const { protocol, hostname, port } = new URL(url);
  const ask = async () => (protocol === 'tcp:' ? await askTcp(hostname, Number(port)) : (await exchange(url)).backend);
  return new Set(await Promise.all(Array.from({ length: ASKED }, ask)));
}
