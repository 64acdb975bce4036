// A real stack whose listeners are asked over HTTP and TCP at every moment, while `pulumi up` changes what its program says.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { anyBackend } from '../backends/any-protocol.ts';
import { askTcp, freePort } from '../backends/backends.ts';
import { exchange } from '../clients/load.ts';
import { type Clients, type Place, startClients } from '../clients/moving-clients.ts';
import { RuntimeProcess, until } from '../runtime/runtime.ts';
import { Stack } from './stack.ts';

/** What each client does before an `up` and after it. */
const ROUNDS = 10;
/** A round trip each few milliseconds by each client; the CLI needs the processors too. */
const PAUSE_MS = 3;
/** To see who responds: more than any target is passed over in turn. */
const ASKED = 12;

/** What the program says; where nothing is given, it is the first of these. */
interface Program {
  /** JavaScript: `bind(name, targets, options)` makes three attachments, of `web`, `tcp` and `rule`; a, b, c, d are targets. */
  readonly targets: string;
  /** Names of the resources other than `lb`, `web`, `tcp`, `rule`. */
  readonly names?: Readonly<Record<string, string>>;
  readonly address?: string;
  /** Properties of the listener `web`. */
  readonly web?: object;
}

export interface Row extends Program {
  readonly what: string;
  /** Letters of the backends that response once it is up. */
  readonly responding: string;
  /** Resources that the `up` replaces. */
  readonly replace?: readonly string[];
  /** Letters of the backends that it unbinds: open TCP flows end with those, and nothing else does. */
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

  /** The backends a, b, c and d are there, the stack is up, and the clients have begun. */
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

  /** Brings the row's program up: no client fails from before it to after it, and then only the row's backends respond. */
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
      assert.deepEqual(await whoServes(url), new Set(row.responding), `who responds at ${url}`);
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
    return names.map((name) => resources.get(name)?.urn ?? assert.fail(`no resource ${name}`));
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
