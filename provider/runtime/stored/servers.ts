// Backend servers over time: which of them have expired, and the change that says so.
import { isDeepStrictEqual } from 'node:util';
import { isExpired } from '../../model/objects/backend-server.ts';
import type { Draft, ModelView } from './model.ts';
import type { StoredObject } from './object.ts';

type Server = StoredObject<'backend-servers'>;

/** Whether a server that others may bind gets other addresses. */
export function hasMoved(before: Server | undefined, next: Server): boolean {
  return before !== undefined && !isDeepStrictEqual(before.properties.addresses, next.properties.addresses);
}

/** Whether the time of any server is over that still counts as good. */
export function hasExpired(view: ModelView, nowMs: number): boolean {
  return [...view.list('backend-servers')].some((server) => isNewlyExpired(server, nowMs));
}

/** A change of the model, so that a snapshot is made of it: compile knows no time. */
export function expireServers(draft: Draft, nowMs: number): void {
  for (const server of [...draft.list('backend-servers')]) {
    if (isNewlyExpired(server, nowMs)) draft.put({ ...server, state: { expired: true } });
  }
}

function isNewlyExpired(server: Server, nowMs: number): boolean {
  return !server.state.expired && isExpired(server.properties, nowMs);
}
