// Compile: the model becomes the immutable snapshot that every engine serves; what did not change is the same object again.

import { isDeepStrictEqual } from 'node:util';
import { type HealthCheckProperties, parseCodes } from '../../model/health-check.ts';
import { idleTimeoutSeconds } from '../../model/listener.ts';
import { toMs } from '../../model/seconds.ts';
import { attachmentsOf, resolveTargets } from '../control/membership.ts';
import type { ModelView } from '../control/model.ts';
import type { HealthCheckSnapshot, ListenerSnapshot, Snapshot, TargetSnapshot } from '../snapshot.ts';
import type { StoredObject } from '../store/store.ts';

/** A snapshot with what each of its listeners was made from. */
export interface Compiled {
  readonly snapshot: Snapshot;
  readonly sources: ReadonlyMap<string, readonly StoredObject[]>;
}

/** Rebuilds only the listeners whose objects are others than in `previous`. */
export function compile(view: ModelView, previous?: Compiled): Compiled {
  const listeners = new Map<string, ListenerSnapshot>();
  const sources = new Map<string, readonly StoredObject[]>();
  for (const listener of view.list('listeners')) {
    const loadBalancer = view.get('load-balancers', listener.properties.loadBalancerId);
    if (loadBalancer === undefined) continue;
    const attachments = attachmentsOf(view, listener);
    const source = [listener, loadBalancer, ...attachments];
    const served = previous?.snapshot.listeners.get(listener.id);
    const isSame = served !== undefined && isSameList(previous?.sources.get(listener.id) ?? [], source);
    sources.set(listener.id, source);
    listeners.set(listener.id, isSame ? served : compileListener(listener, loadBalancer, attachments, served));
  }
  return { snapshot: Object.freeze({ version: view.version, listeners }), sources };
}

function compileListener(
  listener: StoredObject<'listeners'>,
  loadBalancer: StoredObject<'load-balancers'>,
  attachments: readonly StoredObject<'attachments'>[],
  served: ListenerSnapshot | undefined,
): ListenerSnapshot {
  const properties = listener.properties;
  const healthCheck = compileHealthCheck(properties.healthCheck);
  return Object.freeze({
    id: listener.id,
    protocol: properties.protocol,
    address: loadBalancer.state.vip,
    port: properties.port,
    algorithm: properties.algorithm,
    healthCheck: isDeepStrictEqual(served?.healthCheck, healthCheck) ? served?.healthCheck : healthCheck,
    idleTimeoutMs: toMs(idleTimeoutSeconds(properties)),
    requestTimeoutMs: toMs(properties.requestTimeoutSeconds),
    drainMs: toMs(properties.drainSeconds),
    targets: compileTargets(attachments, properties.backendPort, served?.targets),
  });
}

/** Where several attachments claim one wire identity, the newest claim's weight counts. */
function compileTargets(
  attachments: readonly StoredObject<'attachments'>[],
  fixedPort: number | undefined,
  served: ReadonlyMap<string, TargetSnapshot> | undefined,
): ReadonlyMap<string, TargetSnapshot> {
  const targets = new Map<string, TargetSnapshot>();
  const claimOf = new Map<string, number>();
  for (const attachment of attachments) {
    for (const target of resolveTargets(attachment.properties, fixedPort)) {
      const claim = attachment.state.claims[target.key] ?? 0;
      if (claim < (claimOf.get(target.key) ?? -1)) continue;
      claimOf.set(target.key, claim);
      const present = served?.get(target.key);
      const isSame =
        present?.weight === target.weight && present.name === target.name && present.attachment === attachment.id;
      targets.set(target.key, isSame ? present : Object.freeze({ ...target, attachment: attachment.id }));
    }
  }
  return targets;
}

function compileHealthCheck(check: HealthCheckProperties): HealthCheckSnapshot | undefined {
  if (check.protocol === 'none') return undefined;
  return Object.freeze({
    protocol: check.protocol,
    port: check.port,
    path: check.path,
    host: check.host,
    method: check.method,
    expectedCodes: parseCodes(check.expectedCodes),
    intervalMs: toMs(check.intervalSeconds),
    timeoutMs: toMs(check.timeoutSeconds),
    healthyThreshold: check.healthyThreshold,
    unhealthyThreshold: check.unhealthyThreshold,
  });
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
