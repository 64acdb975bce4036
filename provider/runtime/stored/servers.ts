// Changes of backend servers that affect attachments: new addresses and expiry.
import { isDeepStrictEqual } from 'node:util';
import { isExpired } from '../../model/objects/backend-server.ts';
import type { Draft, ModelView } from './model.ts';
import type { StoredObject } from './object.ts';

type Server = StoredObject<'backend-servers'>;

/** Whether a write changes the addresses of an existing server. Returns false for a new server. */
export function hasMoved(before: Server | undefined, next: Server): boolean {
  return before !== undefined && !isDeepStrictEqual(before.properties.addresses, next.properties.addresses);
}

/** Whether the `expiresAt` of any server has passed while its stored state is not yet `expired`. */
export function hasExpired(view: ModelView, nowMs: number): boolean {
  return [...view.list('backend-servers')].some((server) => isNewlyExpired(server, nowMs));
}

/** Marks servers as expired in the model: compile reads no clock, and a new snapshot needs a change of the model. */
export function expireServers(draft: Draft, nowMs: number): void {
  for (const server of [...draft.list('backend-servers')]) {
    if (isNewlyExpired(server, nowMs)) draft.put({ ...server, state: { expired: true } });
  }
}

function isNewlyExpired(server: Server, nowMs: number): boolean {
  return !server.state.expired && isExpired(server.properties, nowMs);
}
