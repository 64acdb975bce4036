// The choice of the implementation that keeps the clients of a target group with their targets.
import type { StickySnapshot } from '../contract/snapshot.ts';
import type { Stickiness, StickyTarget } from './stickiness.ts';
import { StickyCookie } from './sticky-cookie.ts';
import { StickySource } from './sticky-source.ts';

/**
 * Makes the sticky sessions of a target group. `clients` is the memory of `createClientTable`, needed for sessions by
 * source IP. Returns `undefined` if the target group has no sticky sessions.
 */
export function createStickiness<T extends StickyTarget>(
  targetGroupId: string,
  sticky: StickySnapshot | undefined,
  clients: SharedArrayBuffer | undefined,
  nowMs: () => number,
): Stickiness<T> | undefined {
  switch (sticky?.type) {
    case undefined:
      return undefined;
    case 'cookie':
      return new StickyCookie(targetGroupId, sticky);
    case 'source-ip':
      return clients && new StickySource(sticky.lifetimeMs, clients, nowMs);
  }
}
