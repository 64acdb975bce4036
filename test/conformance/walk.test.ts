// The conformance scenario of random writes to the API, each followed by requests whose results a model predicts.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import type { Protocol } from '../../provider/runtime/contract/snapshot.ts';
import { anyBackend } from '../harness/backends/any-protocol.ts';
import { freePort } from '../harness/backends/backends.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import { Visitors } from '../harness/conformance/visitors.ts';
import { type AttachmentModel, type Match, WalkModel } from '../harness/conformance/walk-model.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { assertHolds } from '../harness/properties/properties.ts';
import { Chance } from '../harness/properties/seed.ts';
import { type RuntimeProcess, until } from '../harness/runtime/runtime.ts';

const WRITES = 150;
const LISTENERS = ['l0', 'l1', 'l2', 'l3'];
const RULES = ['r0', 'r1', 'r2', 'r3'];
const ATTACHMENTS = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'];
const BACKENDS = ['b0', 'b1', 'b2', 'b3'];
const WEIGHTS = [0, 1, 100];
const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'HTTP', 'HTTPS'];
const MATCHES: readonly Match[] = [
  { path: '/a' },
  { path: '/a/b' },
  { path: '/a/b', pathMatch: 'exact' },
  { host: '*.example' },
  { host: 'x.example' },
  { host: 'x.example', path: '/a' },
  { host: '*.example', path: '/a/b' },
];
const ASKED = ['y.org', 'x.example', 'z.example'].flatMap((host) =>
  ['/', '/a', '/a/b', '/a/b/c'].map((path) => [host, path] as const),
);
const ALGORITHMS = ['weighted-round-robin', 'weighted-least-connections', 'source-ip-hash'];
/** The response of rules that respond themselves. */
const OWN_STATUS = 404;
const certificates = [{ one: makePair(['one.example']) }, { two: makePair(['two.example']) }];

/**
 * Random writes to the runtime and, after the response, to the model. Each write returns its description, or
 * `undefined` if it is not possible in the present state.
 */
class Walk {
  readonly model = new WalkModel();
  readonly #runtime: RuntimeProcess;
  readonly #chance: Chance;
  readonly #ports: readonly number[];
  readonly #targets: Readonly<Record<string, object>>;

  constructor(runtime: RuntimeProcess, chance: Chance, ports: readonly number[], targets: Record<string, object>) {
    this.#runtime = runtime;
    this.#chance = chance;
    this.#ports = ports;
    this.#targets = targets;
  }

  async step(): Promise<string> {
    for (;;) {
      const write = this.#chance.of([
        () => this.#putListener(),
        () => this.#putListener(),
        () => this.#putRule(),
        () => this.#putRule(),
        () => this.#putAttachment(),
        () => this.#putAttachment(),
        () => this.#patchAttachment(),
        () => this.#patchAttachment(),
        () => this.#patchAttachment(),
        () => this.#delete(),
        () => this.#move(),
      ]);
      const done = await write();
      if (done !== undefined) return done;
    }
  }

  async removeAll(): Promise<void> {
    while (this.model.attachments.size + this.model.rules.size + this.model.listeners.size > 0) await this.#delete();
  }

  async #putListener(): Promise<string | undefined> {
    const [id, protocol, port] = [this.#chance.of(LISTENERS), this.#chance.of(PROTOCOLS), this.#chance.of(this.#ports)];
    const isHttp = protocol.startsWith('HTTP');
    const isTaken = [...this.model.listeners].some(([other, listener]) => other !== id && listener.port === port);
    if (isTaken || (!isHttp && this.model.rulesOf(id).length > 0)) return undefined;
    const properties = {
      protocol,
      port,
      algorithm: this.#chance.of(ALGORITHMS),
      healthCheck: { protocol: 'none' },
      ...(this.#chance.below(3) === 0 ? { stickySession: { type: isHttp ? 'cookie' : 'source-ip' } } : {}),
      ...(protocol === 'HTTPS' ? { certificates: this.#chance.of(certificates) } : {}),
    };
    await this.#runtime.done('PUT', `/v1/listeners/${id}`, { loadBalancerId: 'lb', ...properties });
    this.model.listeners.set(id, { protocol, port });
    return `listener ${id}: ${protocol} ${port} ${properties.algorithm} ${JSON.stringify(properties.stickySession)}`;
  }

  async #putRule(): Promise<string | undefined> {
    const [id, match] = [this.#chance.of(RULES), this.#chance.of(MATCHES)];
    const http = [...this.model.listeners.keys()].filter((listener) => this.model.isHttp(listener));
    if (http.length === 0) return undefined;
    const listener = this.model.rules.get(id)?.listener ?? this.#chance.of(http);
    const others = this.model.rulesOf(listener).filter((other) => other !== id);
    if (others.some((other) => this.model.rules.get(other)?.match === match)) return undefined;
    const properties = { listenerId: listener, algorithm: this.#chance.of(ALGORITHMS), ...match };
    const own = this.#chance.below(4) === 0 ? { fixedResponse: { status: OWN_STATUS } } : {};
    await this.#runtime.done('PUT', `/v1/rules/${id}`, { ...properties, ...own, healthCheck: { protocol: 'none' } });
    this.model.setRule(id, listener, match, 'fixedResponse' in own);
    return `rule ${id} ${JSON.stringify({ ...properties, ...own })}`;
  }

  async #putAttachment(): Promise<string | undefined> {
    const id = this.#chance.of(ATTACHMENTS);
    const parent = this.model.attachments.get(id)?.parent ?? this.#someParent();
    if (!this.model.takesTargets(parent)) return undefined;
    const weights = new Map(this.#chance.some(BACKENDS).map((name) => [name, this.#chance.of(WEIGHTS)]));
    const targets = Object.fromEntries(
      [...weights].map(([name, weight]) => [name, { ...this.#targets[name], weight }]),
    );
    await this.#runtime.done('PUT', `/v1/attachments/${id}`, { ...parent, targets });
    this.model.setTargets(id, parent, weights);
    return `attachment ${id} of ${JSON.stringify(parent)}: ${JSON.stringify([...weights])}`;
  }

  #someParent(): AttachmentModel['parent'] {
    const listeners = [...this.model.listeners.keys()].map((listenerId) => ({ listenerId }));
    const rules = [...this.model.rules.keys()].map((ruleId) => ({ ruleId }));
    return this.#chance.of([{ loadBalancerId: 'lb' }, ...listeners, ...rules]);
  }

  async #patchAttachment(): Promise<string | undefined> {
    if (this.model.attachments.size === 0) return undefined;
    const id = this.#chance.of([...this.model.attachments.keys()]);
    const { parent, targets } = this.model.attachments.get(id) as AttachmentModel;
    if (!this.model.takesTargets(parent)) return undefined;
    const weights = new Map([...targets].map(([name, { weight }]) => [name, weight]));
    const name = this.#chance.of(BACKENDS);
    const weight = this.#chance.of(WEIGHTS);
    const isUnbound = weights.has(name) && this.#chance.below(2) === 0;
    if (isUnbound) weights.delete(name);
    else weights.set(name, weight);
    const patch = { [name]: isUnbound ? null : { ...this.#targets[name], weight } };
    await this.#runtime.done('PATCH', `/v1/attachments/${id}`, { targets: patch });
    this.model.setTargets(id, parent, weights);
    return `patch of ${id}: ${name} ${isUnbound ? 'unbound' : weight}`;
  }

  async #delete(): Promise<string | undefined> {
    const { listeners, rules, attachments } = this.model;
    const objects = [
      ...[...attachments.keys()].map((id) => ['attachments', id] as const),
      ...[...rules.keys()]
        .filter((id) => this.model.attachmentsOf({ ruleId: id }).length === 0)
        .map((id) => ['rules', id] as const),
      ...[...listeners.keys()]
        .filter((id) => this.model.rulesOf(id).length === 0)
        .filter((id) => this.model.attachmentsOf({ listenerId: id }).length === 0)
        .map((id) => ['listeners', id] as const),
    ];
    if (objects.length === 0) return undefined;
    const [kind, id] = this.#chance.of(objects);
    await this.#runtime.done('DELETE', `/v1/${kind}/${id}`);
    this.model[kind].delete(id);
    return `${kind} ${id} deleted`;
  }

  async #move(): Promise<string> {
    const address = this.#chance.of(['127.0.0.1', '0.0.0.0']);
    await this.#runtime.done('PUT', '/v1/load-balancers/lb', { address });
    return `address ${address}`;
  }
}

async function visit(t: TestContext, model: WalkModel, visitors: Map<string, Visitors>, chance: Chance): Promise<void> {
  for (const [id, present] of [...visitors]) {
    const listener = model.listeners.get(id);
    if (listener?.protocol === present.protocol && listener.port === present.port) continue;
    present.close();
    visitors.delete(id);
  }
  for (const [id, { protocol, port }] of model.listeners) {
    const present = visitors.get(id) ?? new Visitors(protocol, port);
    visitors.set(id, present);
    const eligible = eligibleOf(model.ofListener(id));
    if (protocol === 'UDP') {
      // A UDP session stays with its target while the target is bound. A change of address closes the socket and ends
      // its sessions.
      const own = [...model.ofListener(id).keys()].filter((name) => name === present.session);
      if (eligible.length > 0) expectOneOf(await present.askUdp(t), [...eligible, ...own], id);
    } else if (protocol === 'TCP') {
      if (present.flow !== undefined) {
        const isBound = model.ofListener(id).has(present.flow);
        assert.equal(await present.echo(), isBound, `${id}: the flow with ${present.flow} lives`);
      }
      expectOneOf(await present.openFlow(), eligible.length > 0 ? eligible : ['reset'], id);
    } else {
      for (let count = 0; count < 3; count++) {
        const [host, path] = chance.of(ASKED);
        const weights = model.ofRequest(id, host, path);
        const may = weights === undefined ? [String(OWN_STATUS)] : eligibleOf(weights);
        for (const isKept of [true, false]) {
          const response = await present.ask(host, path, isKept);
          expectOneOf(response, may.length > 0 ? may : ['503'], `${id} ${host}${path} ${isKept ? 'kept' : 'fresh'}`);
        }
      }
    }
  }
}

function eligibleOf(weights: ReadonlyMap<string, number>): string[] {
  return [...weights].filter(([, weight]) => weight > 0).map(([name]) => name);
}

function expectOneOf(response: string, names: readonly string[], what: string): void {
  assert.ok(names.includes(response), `${what}: ${response} instead of one of ${names}`);
}

testOnEachEngine([
  {
    name: `${WRITES} random writes: after each response every request goes to a target that the model allows, and none fails`,
    flags: ['--workers', '2'],
    run: async ({ runtime }, t) => {
      await runtime.done('DELETE', '/v1/listeners/web');
      const backends = await Promise.all(BACKENDS.map((name) => anyBackend(t, name)));
      const targets = Object.fromEntries(backends.map(({ name, target }) => [name, target]));
      const ports = await Promise.all(LISTENERS.map(() => freePort()));
      // Shrinking is disabled, because a shrunk sequence of writes would begin with the objects that the failed one
      // left in the runtime.
      const seeds = fc.noShrink(fc.nat(2 ** 32 - 1));
      const property = fc.asyncProperty(seeds, async (seed) => {
        const chance = new Chance(seed);
        await walkThrough(t, new Walk(runtime, chance, ports, targets), chance);
        await until('the end of every connection', async () => {
          const { workers } = await runtime.done('GET', '/v1/status');
          return workers.every(({ connections }: { connections: number }) => connections === 0) || undefined;
        });
      });
      await assertHolds(property, { numRuns: 1 });
    },
  },
]);

async function walkThrough(t: TestContext, walk: Walk, chance: Chance): Promise<void> {
  const visitors = new Map<string, Visitors>();
  const told: string[] = [];
  try {
    while (told.length < WRITES) {
      told.push(await walk.step());
      await visit(t, walk.model, visitors, chance);
    }
  } catch (error) {
    throw new Error(`after write ${told.length}:\n${told.slice(-12).join('\n')}`, { cause: error });
  } finally {
    for (const present of visitors.values()) present.close();
  }
  await walk.removeAll();
}
