// The conformance scenario in which everything changes under load over HTTP, HTTPS and TCP at once.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type Backend, freePort } from '../harness/backends/backends.ts';
import { residentBytes } from '../harness/clients/crowd.ts';
import { type Clients, type Failure, type Place, startClients } from '../harness/clients/moving-clients.ts';
import { backends } from '../harness/conformance/clients.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import { targetsTo, type World } from '../harness/conformance/world.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { type RuntimeProcess, until } from '../harness/runtime/runtime.ts';

const UNCHECKED = { healthCheck: { protocol: 'none' } };
const CHECKED = { healthCheck: { intervalSeconds: 0.2, timeoutSeconds: 1 } };
const CHECKED_BY_HTTP = { healthCheck: { protocol: 'HTTP', intervalSeconds: 0.2, timeoutSeconds: 1 } };
/** Number of requests of each client between two writes. */
const ROUNDS = 10;
/**
 * Maximum growth of memory: twice the measured growth, which comes from the heaps of replaced threads and from compiled
 * code.
 */
const MAX_GROWN_BYTES = 170 * 2 ** 20;

const first = makePair(['first.example']);
const second = makePair(['second.example']);

type Step = readonly [what: string, write: () => Promise<unknown>, isExcused?: (failure: Failure) => boolean];

class Storm {
  readonly #world: World;
  readonly #ports: Record<string, number>;
  readonly places: Readonly<Record<'web' | 'tls' | 'tcp', Place>>;
  readonly #listeners: Record<string, object> = {
    web: { protocol: 'HTTP', ...CHECKED },
    tls: { protocol: 'HTTPS', certificates: { main: first }, ...CHECKED },
    tcp: { protocol: 'TCP', ...CHECKED },
  };

  constructor(world: World, ports: { tls: number; tcp: number }) {
    this.#world = world;
    this.#ports = { web: world.port, ...ports };
    this.places = { web: { url: '' }, tls: { url: '' }, tcp: { url: '' } };
  }

  get runtime(): RuntimeProcess {
    return this.#world.runtime;
  }

  /** Puts the listener with changed properties. After the response, new connections of the clients use its new URL. */
  async change(id: 'web' | 'tls' | 'tcp', properties: object = {}, port = this.#ports[id]): Promise<void> {
    const listener = { loadBalancerId: 'lb', ...this.#listeners[id], ...properties };
    await this.runtime.done('PUT', `/v1/listeners/${id}`, { ...listener, port });
    this.#listeners[id] = listener;
    const { endpoint } = await this.runtime.done('GET', `/v1/listeners/${id}`);
    this.places[id].url = endpoint.replace('0.0.0.0', '127.0.0.1');
  }

  move(address: string): Promise<unknown> {
    return this.runtime.done('PUT', '/v1/load-balancers/lb', { address });
  }

  bind(id: string, parent: object, targets: object): Promise<unknown> {
    return this.runtime.done('PUT', `/v1/attachments/${id}`, { ...parent, targets, awaitHealthySeconds: 10 });
  }

  patch(id: string, targets: object): Promise<unknown> {
    return this.runtime.done('PATCH', `/v1/attachments/${id}`, { targets });
  }

  rule(properties: object): Promise<unknown> {
    return this.runtime.done('PUT', '/v1/rules/rule', { listenerId: 'web', ...CHECKED, ...properties });
  }

  remove(path: string): Promise<unknown> {
    return this.runtime.done('DELETE', `/v1/${path}`);
  }
}

/**
 * Returns the writes of the scenario. A write may excuse failures of requests that began before the response to the
 * write, but not of later requests.
 */
function steps(storm: Storm, http: readonly Backend[], tcp: readonly Backend[], ports: readonly number[]): Step[] {
  const { places } = storm;
  const [a, , c] = http as [Backend, Backend, Backend];
  const [, , tcpC] = tcp as [Backend, Backend, Backend];
  // A failed new connection is excused if it used an old URL, where nothing or a listener of another protocol is
  // listening.
  const isOldWay = ({ isReused, url }: Failure) =>
    !isReused && Object.values(places).every((place) => place.url !== url);
  const isReset = ({ error }: Failure) => /ECONNRESET|EPIPE|socket hang up|closed|no response|secure TLS/.test(error);
  // A failed new connection is excused if it reached a listening socket just as that socket closed.
  const isUnaccepted = (failure: Failure) => !failure.isReused && isReset(failure);
  const movePort = (id: 'web' | 'tls' | 'tcp'): Step[] => {
    const home = Number(new URL(places[id].url).port);
    return [...ports, home].map((port) => [`${id} on port ${port}`, () => storm.change(id, {}, port), isOldWay]);
  };
  return [
    ['targets bound', () => Promise.all([storm.patch('web', { c: c.target }), storm.patch('tcp', { c: tcpC.target })])],
    ['weights', () => Promise.all(['web', 'tls', 'tcp'].map((id) => storm.patch(id, { a: { weight: 10 } })))],
    ['HTTP targets are unbound', () => Promise.all(['web', 'tls'].map((id) => storm.patch(id, { a: null })))],
    ['HTTP targets are bound again', () => Promise.all(['web', 'tls'].map((id) => storm.patch(id, { a: a.target })))],
    [
      'a TCP target is unbound',
      () => storm.patch('tcp', { c: null }),
      ({ backend, client }) => backend === 'c' || client === 'tcp fresh',
    ],
    ['another certificate', () => storm.change('tls', { certificates: { main: second } })],
    ['two certificates', () => storm.change('tls', { certificates: { main: second, other: first } })],
    ['the first certificate', () => storm.change('tls', { certificates: { main: first } })],
    ...movePort('web'),
    ...movePort('tls'),
    ...movePort('tcp'),
    ...['0.0.0.0', '127.0.0.1'].map(
      (address): Step => [`the address ${address}`, () => storm.move(address), isUnaccepted],
    ),
    ['HTTP becomes HTTPS', () => storm.change('web', { protocol: 'HTTPS', certificates: { main: second } }), isOldWay],
    ['HTTPS becomes HTTP', () => storm.change('web', { protocol: 'HTTP', certificates: undefined }), isOldWay],
    ['a rule is added', () => storm.rule({ host: '127.0.0.1' })],
    ['a rule has targets', () => storm.bind('rule', { ruleId: 'rule' }, targetsTo([c]))],
    [
      'a rule is changed',
      () => storm.rule({ path: '/', algorithm: 'source-ip-hash', stickySession: { type: 'cookie' } }),
    ],
    ['a rule has another path', () => storm.rule({ path: '/other' })],
    ['a rule has its path again', () => storm.rule({ path: '/' })],
    ['a rule has no targets', () => storm.remove('attachments/rule')],
    ['a rule is removed', () => storm.remove('rules/rule')],
    ...['source-ip-hash', 'weighted-least-connections', 'weighted-round-robin'].map(
      (algorithm): Step => [
        algorithm,
        () =>
          Promise.all([
            storm.change('web', { algorithm }),
            storm.change('tls', { algorithm }),
            storm.change('tcp', { algorithm }),
          ]),
      ],
    ),
    ['sticky by cookie', () => storm.change('web', { stickySession: { type: 'cookie', lifetimeSeconds: 60 } })],
    [
      'sticky by source',
      () =>
        Promise.all([
          storm.change('web', { stickySession: { type: 'source-ip' } }),
          storm.change('tcp', { stickySession: { type: 'source-ip' } }),
        ]),
    ],
    [
      'sticky no more',
      () =>
        Promise.all([
          storm.change('web', { stickySession: undefined }),
          storm.change('tcp', { stickySession: undefined }),
        ]),
    ],
    ...[UNCHECKED, CHECKED_BY_HTTP, UNCHECKED, CHECKED].map(
      (check): Step => [
        `the check is ${JSON.stringify(check.healthCheck)}`,
        () => Promise.all([storm.change('web', check), storm.change('tls', check)]),
      ],
    ),
    ...[0, 1, 2].map((id): Step => [`worker ${id} ends`, () => storm.remove(`workers/${id}`), isReset]),
  ];
}

async function weather(clients: Clients, [what, write, isExcused = () => false]: Step): Promise<void> {
  const from = clients.failures.length;
  await write();
  const respondedAtMs = performance.now();
  const before = new Map(clients.done);
  await until(`requests of each client after: ${what}`, () =>
    [...before].every(([client, count]) => (clients.done.get(client) ?? 0) > count + ROUNDS),
  );
  const inexcusable = clients.failures
    .slice(from)
    .filter((failure) => failure.startedAtMs >= respondedAtMs || !isExcused(failure));
  assert.deepEqual(inexcusable, [], `after: ${what}`);
}

/** Number of open files of the process, without those of API clients, which keep their connections. */
function openFiles({ pid, url }: RuntimeProcess): number {
  const api = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');
  const fields = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const ofApi = new Set(
    fields.filter(([, local]) => local?.endsWith(`:${api}`)).map((field) => `socket:[${field[9]}]`),
  );
  const files = readdirSync(`/proc/${pid}/fd`).map((name) => linkOf(`/proc/${pid}/fd/${name}`));
  return files.filter((file) => file !== '' && !ofApi.has(file)).length;
}

/** Returns the target of a link in /proc, or an empty text if the file has been closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

async function unbindAll(storm: Storm): Promise<void> {
  for (const id of ['web', 'tls', 'tcp'])
    await storm.runtime.done('PUT', `/v1/attachments/${id}`, { listenerId: id, targets: {} });
}

testOnEachEngine([
  {
    name: 'everything changes under load and each worker ends once: only requests of the ended workers fail, and nothing is left of them',
    flags: ['--workers', '3'],
    run: async (world) => {
      const [http, tcp] = [await backends(world.httpBackend, 'abc'), await backends(world.tcpBackend, 'abc')];
      const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
      const storm = new Storm(world, { tls: ports[0] as number, tcp: ports[1] as number });
      const { runtime } = storm;
      for (const id of ['web', 'tls', 'tcp'] as const) await storm.change(id);
      const before = { files: openFiles(runtime), bytes: residentBytes(runtime.pid) };
      for (const id of ['web', 'tls']) await storm.bind(id, { listenerId: id }, targetsTo(http.slice(0, 2)));
      await storm.bind('tcp', { listenerId: 'tcp' }, targetsTo(tcp.slice(0, 2)));
      const { tcp: tcpPlace, ...httpPlaces } = storm.places;
      const clients = startClients(httpPlaces, tcpPlace);
      try {
        for (const step of steps(storm, http, tcp, ports.slice(2))) await weather(clients, step);
      } finally {
        await clients.stop();
      }
      const status = await until('the end of every connection', async () => {
        const now = await runtime.done('GET', '/v1/status');
        return now.workers.every(({ connections }: { connections: number }) => connections === 0) ? now : undefined;
      });
      for (const { targets } of status.listeners) {
        for (const target of targets) {
          const { activeConnections, draining, health, lastError } = target;
          assert.deepEqual([activeConnections, draining, health, lastError], [0, 0, 'healthy', undefined]);
        }
      }
      const [engine] = status.engines;
      assert.deepEqual([engine.desired, engine.acked, engine.lastError], [status.version, status.version, null]);
      assert.deepEqual(
        status.workers.map(({ version, restarts }: { version: number; restarts: number }) => [version, restarts]),
        [0, 1, 2].map(() => [status.version, 1]),
      );
      await unbindAll(storm);
      await until('the process to close its files', () => openFiles(runtime) <= before.files);
      const grown = residentBytes(runtime.pid) - before.bytes;
      assert.ok(grown < MAX_GROWN_BYTES, `the runtime grew by ${grown >> 20} MiB`);
    },
  },
]);
