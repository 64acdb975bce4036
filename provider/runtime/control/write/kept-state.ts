// The state that the runtime decides for a written object and stores with it, for each kind that has state.
import { WeirError } from '../../../model/base/errors.ts';
import type { Kind } from '../../../model/base/kinds.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StateOf, States, StoredObject } from '../../stored/object.ts';
import { bindingState } from './attachments.ts';
import { servesSinceOf } from './endpoints.ts';
import { groupState } from './groups.ts';
import { formerResponseOf } from './own-responses.ts';
import type { PutRequest } from './put-request.ts';
import type { VipPool } from './vip-pool.ts';

/** Decides the state of `next`, the object after the write. `existing`: the stored object before the write. */
type StateBuilder<K extends Kind> = (
  view: ModelView,
  next: StoredObject<K>,
  existing: StoredObject<K> | undefined,
  request: PutRequest,
  pool: VipPool,
) => StateOf<K>;

const STATES: { readonly [K in keyof States]: StateBuilder<K> } = {
  'load-balancers': (view, next, existing, _request, pool) => ({ vip: vipOf(view, next, existing, pool) }),
  listeners: (view, next, existing, request) => ({
    ...cookieKeyOf(next, existing, request),
    ...servesSinceOf(view, next, existing),
  }),
  rules: (view, next, existing, request) => ({
    ...cookieKeyOf(next, existing, request),
    ...formerResponseOf(view, next, existing),
  }),
  attachments: (view, next, existing, { caller }) => bindingState(view, next, existing, caller),
  groups: (_view, next, existing) => groupState(next, existing),
  'group-attachments': (view, next, existing, { caller }) => bindingState(view, next, existing, caller),
};

export function withState(
  view: ModelView,
  next: StoredObject,
  existing: StoredObject | undefined,
  request: PutRequest,
  pool: VipPool,
): StoredObject {
  const builders: { readonly [K in Kind]?: StateBuilder<K> } = STATES;
  const state = builders[next.kind]?.(view, next as never, existing as never, request, pool) ?? {};
  return { ...next, state } as StoredObject;
}

function vipOf(
  view: ModelView,
  { properties, id }: StoredObject<'load-balancers'>,
  existing: StoredObject<'load-balancers'> | undefined,
  pool: VipPool,
): string {
  if (properties.address !== undefined) return properties.address;
  if (existing !== undefined && existing.properties.address === undefined) return existing.state.vip;
  const others = [...view.list('load-balancers')].filter((other) => other.id !== id);
  const vip = pool.next(new Set(others.map((other) => other.state.vip)));
  if (vip === undefined) {
    throw new WeirError('SystemBusy', `The VIP pool ${pool} is used up: give an address, or a larger --vip-pool.`);
  }
  return vip;
}

function cookieKeyOf(
  { properties: { stickySession } }: StoredObject<'listeners' | 'rules'>,
  existing: StoredObject<'listeners' | 'rules'> | undefined,
  { newCookieKey }: PutRequest,
): { cookieKey?: string } {
  if (existing?.state.cookieKey !== undefined) return { cookieKey: existing.state.cookieKey };
  const needsOne = stickySession?.type === 'cookie' && stickySession.cookieKey === undefined;
  return needsOne ? { cookieKey: newCookieKey } : {};
}
