// From the settings of a target group to what keeps its clients with their targets.
import type { StickySnapshot } from '../contract/snapshot.ts';
import type { Stickiness, StickyTarget } from './stickiness.ts';
import { StickyCookie } from './sticky-cookie.ts';
import { StickySource } from './sticky-source.ts';

/** Undefined: each pick is for itself. `clients`: of createClientTable, where they are sticky by source IP. */
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
