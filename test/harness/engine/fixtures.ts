// Parts of tests of the embedded data plane: snapshots, an engine, targets that send their names, and clients.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { targetKey } from '../../../provider/model/base/target-key.ts';
import type { HealthView, PassiveReport } from '../../../provider/runtime/contract/engine.ts';
import {
  type ListenerSnapshot,
  type RuleSnapshot,
  type Snapshot,
  type TargetGroupSnapshot,
  type TargetSnapshot,
  targetGroupIdOfRule,
  targetGroupsOf,
} from '../../../provider/runtime/contract/snapshot.ts';
import { VersionedMap } from '../../../provider/runtime/contract/versioned-map.ts';
import { EmbeddedEngine } from '../../../provider/runtime/embedded/engine.ts';
import type { PassiveListener } from '../../../provider/runtime/embedded/serving/target.ts';
import { TargetSet } from '../../../provider/runtime/embedded/serving/target-set.ts';
import { WorkerListener } from '../../../provider/runtime/embedded/serving/worker-listener.ts';
import type { ListenerSettings, TargetGroupSettings } from '../../../provider/runtime/embedded/shared/messages.ts';
import { createRateBuckets, RateBuckets } from '../../../provider/runtime/embedded/shared/rate-buckets.ts';
import { createWaiting } from '../../../provider/runtime/embedded/shared/waiting.ts';
import { createPickingState } from '../../../provider/runtime/select/picking-state.ts';
import { freePort } from '../machine/free-port.ts';

export { fullPort } from '../machine/full-port.ts';
export { freePort };

export const UNCHECKED: HealthView = () => 'unchecked';

/** Sticky sessions by a cookie of the browser's session. */
export const STICKY_COOKIE = {
  type: 'cookie',
  cookieName: 'weir',
  cookieKey: 'the key of a group',
  lifetimeMs: undefined,
  sameSite: 'Lax',
  domain: undefined,
} as const;

export function target(port: number, weight = 100, address = '127.0.0.1'): TargetSnapshot {
  return {
    key: targetKey(address, port),
    address,
    port,
    weight,
    attachment: 'a',
    name: `t${port}`,
    ineligible: undefined,
  };
}

/**
 * Returns a TCP listener without health checks. `more` overrides properties of the listener, and `ofTargetGroup` those
 * of its target group.
 */
export function listenerSnapshot(
  id: string,
  port: number,
  targets: readonly TargetSnapshot[],
  more: Partial<ListenerSnapshot> = {},
  ofTargetGroup: Partial<TargetGroupSnapshot> = {},
): ListenerSnapshot {
  const byKey = VersionedMap.of(targets.map((target) => [target.key, target]));
  return {
    ...settings(id, port),
    targetGroup: { ...targetGroupSettings(id), targets: byKey, ...ofTargetGroup },
    rules: [],
    clientNetworks: undefined,
    ...more,
  };
}

export function settings(id: string, port: number): ListenerSettings {
  return {
    id,
    protocol: 'TCP',
    address: '127.0.0.1',
    port,
    idleTimeoutMs: 60_000,
    requestTimeoutMs: 60_000,
    requestBodyTimeoutMs: 0,
    requestBodyMinRate: 0,
    tunnelIdleTimeoutMs: undefined,
    drainMs: 0,
    maxConnections: undefined,
    maxPendingRequests: undefined,
    proxyProtocol: undefined,
    acceptProxyProtocol: [],
    trustedProxies: [],
    connectionRate: undefined,
    requestRate: undefined,
    clientRequestRate: undefined,
    certificates: [],
  };
}

export function targetGroupSettings(listenerId: string): TargetGroupSettings {
  return {
    id: listenerId,
    listenerId,
    ruleId: undefined,
    algorithm: 'weighted-round-robin',
    healthCheck: undefined,
    sticky: undefined,
    slowStartMs: 0,
    maxIdleTargetConnections: undefined,
    maxConnectionsPerTarget: undefined,
    actions: undefined,
  };
}

/** Returns a rule of the listener `web`, unless `ofTargetGroup` names another listener. */
export function rule(
  id: string,
  match: Partial<RuleSnapshot>,
  targets: readonly TargetSnapshot[],
  ofTargetGroup: Partial<TargetGroupSnapshot> = {},
): RuleSnapshot {
  const byKey = VersionedMap.of(targets.map((target) => [target.key, target]));
  const targetGroup = {
    ...targetGroupSettings('web'),
    id: targetGroupIdOfRule(id),
    ruleId: id,
    targets: byKey,
    ...ofTargetGroup,
  };
  return { id, host: undefined, path: undefined, pathMatch: 'prefix', version: 1, ...match, targetGroup };
}

export function snapshot(version: number, listeners: readonly ListenerSnapshot[]): Snapshot {
  const targetGroups = new Map(listeners.flatMap(targetGroupsOf).map((targetGroup) => [targetGroup.id, targetGroup]));
  return {
    version,
    listeners: new Map(listeners.map((listener) => [listener.id, listener])),
    waiting: new Map(),
    targetGroups,
  };
}

/** Returns a listener as a worker has it after a swap, with a target group without targets. */
export function workerListener(
  ofListener: ListenerSettings,
  counters: SharedArrayBuffer,
  onPassive: PassiveListener = () => {},
): WorkerListener {
  const served = new WorkerListener(ofListener, 0, counters, new RateBuckets(createRateBuckets()));
  const { id } = ofListener;
  const targetGroup = { settings: targetGroupSettings(id), pickingState: createPickingState() };
  const memory = { waiting: createWaiting(1), clients: undefined };
  served.targetGroups.set(id, new TargetSet({ ...targetGroup, ...memory }, 0, onPassive));
  return served;
}

/** An engine that is destroyed at the end of the test. */
export function engineOf(t: TestContext, workers = 2, onPassive?: (report: PassiveReport) => void): EmbeddedEngine {
  const engine = new EmbeddedEngine({ workers, log: () => {}, ...(onPassive && { onPassive }) });
  t.after(() => engine.destroy());
  return engine;
}

/** Prepares a snapshot, which must not be refused, and activates it. */
export async function serve(engine: EmbeddedEngine, next: Snapshot, health = UNCHECKED): Promise<void> {
  assert.deepEqual(await engine.prepare(next), []);
  await engine.activate(next, health);
}

interface EchoTarget {
  readonly port: number;
  /** Connections that the target has accepted so far. */
  readonly accepted: number;
  readonly sockets: ReadonlySet<net.Socket>;
}

/** A TCP target that sends its name first and then echoes all bytes. */
export async function echoTarget(t: TestContext, name: string, at = 0): Promise<EchoTarget> {
  const sockets = new Set<net.Socket>();
  let accepted = 0;
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    accepted++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.write(`${name}\n`);
    socket.pipe(socket);
  });
  const port = await listenOn(t, server, '127.0.0.1', at);
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  return {
    port,
    sockets,
    get accepted() {
      return accepted;
    },
  };
}

export async function listenOn(t: TestContext, server: net.Server, address = '127.0.0.1', port = 0): Promise<number> {
  server.listen(port, address);
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

export class TcpClient {
  readonly socket: net.Socket;
  readonly #parts: Buffer[] = [];
  #error: NodeJS.ErrnoException | undefined;
  hasEnded = false;
  isClosed = false;

  constructor(t: TestContext, port: number, address = '127.0.0.1') {
    this.socket = net.connect({ port, host: address, allowHalfOpen: true });
    t.after(() => this.socket.destroy());
    this.socket.on('data', (chunk) => this.#parts.push(chunk));
    this.socket.on('end', () => {
      this.hasEnded = true;
    });
    this.socket.on('error', (error) => {
      this.#error = error;
    });
    this.socket.on('close', () => {
      this.isClosed = true;
    });
  }

  get received(): Buffer {
    return Buffer.concat(this.#parts);
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  get isRefused(): boolean {
    return this.isClosed && this.#error?.code === 'ECONNREFUSED';
  }

  get isReset(): boolean {
    return this.isClosed && this.#error?.code === 'ECONNRESET';
  }

  /** Resolves with the name that the target sent, or with '' if the connection closed before. */
  async name(): Promise<string> {
    await untilTrue(() => this.text.includes('\n') || this.isClosed, 'the name or the end');
    return this.text.split('\n')[0] ?? '';
  }
}

/** The name of the target that a new connection reaches. */
export async function visit(t: TestContext, port: number): Promise<string> {
  const client = new TcpClient(t, port);
  const name = await client.name();
  client.socket.destroy();
  return name;
}

/** Waits for a condition for at most 30 s. */
export async function untilTrue(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > deadline) assert.fail(`waited in vain for ${what}`);
    await delay(2);
  }
}
