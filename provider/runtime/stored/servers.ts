// Changes of backend servers that affect attachments: new addresses and expiry.
import { isDeepStrictEqual } from 'node:util';
import { isExpired } from '../../model/objects/backend-server.ts';
import type { StoredObject } from './object.ts';

type Server = StoredObject<'backend-servers'>;

/** Whether a write changes the addresses of an existing server. Returns false for a new server. */
export function hasMoved(before: Server | undefined, next: Server): boolean {
  return before !== undefined && !isDeepStrictEqual(before.properties.addresses, next.properties.addresses);
}

/** The object as it is at a time, expired or not. Returns the identical object if that time changes nothing in it. */
export function seenAt<T extends StoredObject>(object: T, nowMs: number): T {
  if (object.kind !== 'backend-servers' || isExpired(object.properties, nowMs) === (object.expired === true))
    return object;
  const { expired, ...rest } = object;
  return Object.freeze(expired === true ? rest : { ...rest, expired: true }) as T;
}

/** From when on and until when servers are expired or not as they are now. */
interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

const spans = new WeakMap<object, Span>();

/** Whether servers, a collection that never changes, are expired or not as they are at this time. */
export function areSeenAt(servers: ReadonlyMap<string, StoredObject>, nowMs: number): boolean {
  const span = spans.get(servers) ?? spanOf(servers.values() as Iterable<Server>);
  spans.set(servers, span);
  return span.fromMs <= nowMs && nowMs < span.untilMs;
}

function spanOf(servers: Iterable<Server>): Span {
  let fromMs = Number.NEGATIVE_INFINITY;
  let untilMs = Number.POSITIVE_INFINITY;
  for (const { properties, expired } of servers) {
    if (properties.expiresAt === undefined) continue;
    const atMs = Date.parse(properties.expiresAt);
    if (expired) fromMs = Math.max(fromMs, atMs);
    else untilMs = Math.min(untilMs, atMs);
  }
  return { fromMs, untilMs };
}
