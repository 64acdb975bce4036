// Writes of the API as pure changes of a draft: a write puts or deletes one object, or throws and changes nothing.
// Errors about owners, incarnations and deletion are thrown by the change, errors about other objects by `checkObject`.
import { isDeepStrictEqual } from 'node:util';
import { WeirError } from '../../../model/base/errors.ts';
import { KIND_NAMES, type Kind } from '../../../model/base/kinds.ts';
import type { Draft, ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { ownerName } from '../../stored/owner.ts';
import { existingObject } from '../../stored/references.ts';
import { hasMoved } from '../../stored/servers.ts';
import { renewBoundSince } from './attachments.ts';
import { refuseBlockedRename } from './blocked-renames.ts';
import { ownedBelow } from './cascade.ts';
import { checkObject } from './checks.ts';
import { changeEndpoints } from './endpoints.ts';
import { withState } from './kept-state.ts';
import { refuseTooManyBindings, refuseTooManyObjects } from './limits.ts';
import { withBoundWeights } from './object-patch.ts';
import { endFormerResponse } from './own-responses.ts';
import type { PutRequest } from './put-request.ts';
import { refuseInUse } from './references.ts';
import { refuseAdoptedChange, refuseUnshared } from './sharing.ts';
import type { VipPool } from './vip-pool.ts';
import { writtenAfter } from './written.ts';

/**
 * Checks a write before it is made. Throws if the caller lacks a permission, or has read an older version of the
 * object. `before` is `undefined` for a create, `after` for a delete.
 */
export type Precondition = (view: ModelView, before: StoredObject | undefined, after: StoredObject | undefined) => void;

/**
 * Creates or updates an object. A put that changes nothing makes no new model version. The precondition is checked
 * before all rules, because errors of rules name other objects, which the caller may not be permitted to see.
 */
export function putObject(
  draft: Draft,
  request: PutRequest,
  pool: VipPool,
  precondition: Precondition = () => {},
): StoredObject {
  const { kind, id, caller } = request;
  const existing = draft.get<Kind>(kind, id);
  const properties = request.keepsWeights ? withBoundWeights(request, existing) : request.properties;
  const next = {
    kind,
    id,
    owner: request.owner ?? existing?.owner,
    incarnation: request.incarnation ?? existing?.incarnation ?? request.newIncarnation,
    ...known('createdBy', existing === undefined ? caller : existing.createdBy),
    ...known('changedBy', caller),
    ...known('createdAt', existing === undefined ? request.createdAt : existing.createdAt),
    version: 0,
    properties,
    state: {},
  } as StoredObject;
  const written = writtenAfter(existing, next, request, draft.version + 1);
  const complete = withState(draft, { ...next, ...known('written', written) } as StoredObject, existing, request, pool);
  precondition(draft, existing, complete);
  refuseForeign(existing, request);
  if (existing === undefined) refuseTooManyObjects(draft, caller);
  // A write that names no owner, as an operator makes it, goes by the permissions of the caller alone.
  if (request.owner !== undefined) {
    refuseUnshared(draft, complete, existing);
    refuseAdoptedChange(draft, complete, existing);
  }
  const isChange = existing === undefined || !isEqual(existing, complete);
  const before = draft.toModel();
  draft.attempt(() => {
    if (isChange) changeEndpoints(draft, kind, id, () => draft.put(complete));
    checkObject(draft, complete, existing);
    if (complete.kind === 'groups' || complete.kind === 'load-balancers') renewBoundSince(draft, complete, caller);
    if (complete.kind === 'backend-servers' && hasMoved(existing as never, complete))
      renewBoundSince(draft, complete, caller);
    endFormerResponse(draft, complete);
    refuseTooManyBindings(before, draft, complete, caller);
  });
  return existingObject<Kind>(draft, kind, id);
}

/**
 * Deletes an object. Does nothing if the object has another incarnation than `incarnation`, because it was created anew
 * since. With `below`, the objects that its stack owns below it are deleted as well, each after this precondition.
 */
export function deleteObject(
  draft: Draft,
  kind: Kind,
  id: string,
  incarnation: string | undefined,
  below?: Precondition,
): void {
  const object = existingObject<Kind>(draft, kind, id);
  if (incarnation !== undefined && incarnation !== object.incarnation) return;
  if (object.kind === 'load-balancers' && object.properties.deletionProtection) {
    throw new WeirError(
      'OperationFailed.ActionNotSupport',
      `${KIND_NAMES[kind]} ${id} has deletionProtection: set it to false first`,
    );
  }
  const taken = below === undefined ? [] : ownedBelow(draft, object);
  for (const each of taken) below?.(draft, each, undefined);
  for (const each of [...taken, object]) {
    refuseInUse(draft, each);
    // Only a stack gives the incarnation. An operator who deletes by hand knows what it is for.
    if (incarnation !== undefined) refuseBlockedRename(draft, each);
    changeEndpoints(draft, each.kind, each.id, () => draft.delete(each.kind, each.id));
  }
}

/**
 * Throws `OwnedByOther` if another owner puts the object without its incarnation. A caller that knows the incarnation
 * is the same resource under a new URN.
 */
function refuseForeign(existing: StoredObject | undefined, request: PutRequest): void {
  if (existing === undefined || request.owner === undefined || existing.owner === request.owner) return;
  if (request.incarnation === existing.incarnation) return;
  throw new WeirError(
    'OwnedByOther',
    `The ${KIND_NAMES[existing.kind]} ${existing.id} exists already and belongs to ${ownerName(existing)}: take it out of this program, or give another id.`,
  );
}

/** A property of an object, left out if its value is not known. */
function known(name: 'createdBy' | 'changedBy' | 'createdAt' | 'written', value: unknown): object {
  return value === undefined ? {} : { [name]: value };
}

function isEqual(a: StoredObject, b: StoredObject): boolean {
  const content = ({ owner, incarnation, properties, state, written }: StoredObject) => {
    return [owner, incarnation, properties, state, written];
  };
  return isDeepStrictEqual(content(a), content(b));
}
