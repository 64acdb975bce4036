// Limits of what one token makes: objects, and bindings of targets to listeners. The administrator has none.
import { WeirError } from '../../../model/base/errors.ts';
import type { Model, ModelView } from '../../stored/model.ts';
import { isAttachmentKind, type StoredObject } from '../../stored/object.ts';

/** Maximum number of objects that one token has created and that exist. */
const MAX_OBJECTS = 10_000;

/**
 * Maximum number of bindings in which one token has a part. A binding is a target that a listener or rule serves, with
 * its own health check, counters and picking state in each worker, together about 5 KB.
 */
export const MAX_BINDINGS = 50_000;

/** Throws `LimitExceeded` if the token has created as many objects as one token may have. */
export function refuseTooManyObjects(view: ModelView, token: string | undefined): void {
  const count = token === undefined ? 0 : view.toModel().tallies.objectsOf(token);
  if (count < MAX_OBJECTS) return;
  const message = `The token has created ${count} objects that exist, which is the limit: delete some first.`;
  throw new WeirError('LimitExceeded', message);
}

/** Throws `LimitExceeded` if a write gives the token more bindings than one token may have. */
export function refuseTooManyBindings(
  before: Model,
  after: ModelView,
  { kind }: Pick<StoredObject, 'kind'>,
  token: string | undefined,
): void {
  const { tallies } = after.toModel();
  if (token === undefined || tallies === before.tallies) return;
  const count = tallies.bindingsOf(token);
  if (count <= MAX_BINDINGS || count <= before.tallies.bindingsOf(token)) return;
  // Who changes what others have made takes part in it, but adds nothing.
  if (tallies.bindings <= before.tallies.bindings) return;
  const message = `gives the token ${count} targets of listeners, and ${MAX_BINDINGS} is the limit: a target of a load balancer counts once for each listener`;
  const path = isAttachmentKind(kind) ? 'targets' : (PATHS[kind] ?? '');
  throw new WeirError('LimitExceeded', `${path === '' ? 'the write' : path} ${message}. Nothing was changed.`, [
    { path, message },
  ]);
}

const PATHS: Readonly<Record<string, string>> = { listeners: 'loadBalancerId', groups: 'members' };
