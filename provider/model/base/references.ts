// Which property names another object, and the kind of what it names.
import type { Kind } from './kinds.ts';

/** Of objects, and `serverId` of targets. */
export const REFERENCES = {
  loadBalancerId: 'load-balancers',
  listenerId: 'listeners',
  ruleId: 'rules',
  groupId: 'groups',
  serverId: 'backend-servers',
} as const satisfies Record<string, Kind>;
