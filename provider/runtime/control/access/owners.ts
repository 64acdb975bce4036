// Owners of writes: a token that names owners writes for these only, whatever its statements permit.
import { type Problem, WeirError } from '../../../model/base/errors.ts';
import { projectAndStackOf } from '../../../model/base/owners.ts';
import { dependentsOf } from '../../stored/dependents.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { foreignName, nameOf } from '../../stored/references.ts';
import { type Access, capital } from './access.ts';

/** Throws `Forbidden` if the caller may not write for the owner that a request names. */
export function demandOwner(access: Access, owner: string | undefined): void {
  if (access.mayWriteFor(owner)) return;
  if (owner === undefined) {
    const message = 'is required: the URN of a resource of such a stack';
    throw forbidden(access, `owner ${message}`, { path: 'owner', message, code: 'Forbidden' });
  }
  const isUrn = projectAndStackOf(owner) !== undefined;
  const message = isUrn ? `is ${owner}` : `is ${owner}, which is not the URN of a resource`;
  const advice = isUrn ? `: ${adviceFor(owner)}` : ', such as urn:pulumi:STACK::PROJECT::TYPE::NAME';
  throw forbidden(access, `owner ${message}${advice}`, { path: 'owner', message, code: 'Forbidden' });
}

/**
 * Throws `Forbidden` if the caller may not write for the owner of the stored object. A write may take over an object
 * without an owner by giving it one, unless the object is used by an object of an owner for which the caller may not
 * write: later writes would change what that one depends on. `after`: the object after the write, `undefined` for a
 * delete.
 */
export function demandOwnerOf(
  access: Access,
  view: ModelView,
  before: StoredObject | undefined,
  after: StoredObject | undefined,
): void {
  if (before === undefined || access.mayWriteFor(before.owner)) return;
  const isAdopted = before.owner === undefined && after?.owner !== undefined;
  const user = isAdopted ? foreignUserOf(access, view, before) : undefined;
  if (isAdopted && user === undefined) return;
  const use = user === undefined ? '' : ` and is used by ${foreignName(user)}`;
  const message =
    before.owner === undefined ? `${nameOf(before)} has no owner${use}` : `the object is ${nameOf(before)}`;
  // By this code, a create of the provider finds that the id is taken, and tries the next one.
  throw forbidden(access, `${message}: ${adviceFor(before.owner)}`, { path: '', message, code: 'OwnedByOther' });
}

function foreignUserOf(access: Access, view: ModelView, object: StoredObject): StoredObject | undefined {
  return dependentsOf(view, object).find(({ owner }) => owner !== undefined && !access.mayWriteFor(owner));
}

function adviceFor(owner: string | undefined): string {
  const stack = projectAndStackOf(owner);
  return stack === undefined
    ? 'use a token without owners'
    : `the administrator can create a token that writes for it with \`weir token create --owners ${stack}\``;
}

function forbidden({ name, owners = [] }: Access, text: string, problem: Problem): WeirError {
  const message = `${capital(name)} writes only for the owners ${owners.join(', ')}, and ${text}.`;
  return new WeirError('Forbidden', message, [problem]);
}
