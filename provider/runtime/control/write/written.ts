// The record of a stack's last write, which is kept beside its object while others change the object.
import { isDeepStrictEqual } from 'node:util';
import { type MergePatch, patchBetween, patched, patchWithout } from '../../../model/base/merge-patch.ts';
import { asFingerprint, replaceSecrets } from '../../../model/base/secrets.ts';
import type { StoredObject, Written } from '../../stored/object.ts';
import type { PutRequest } from './put-request.ts';

/**
 * The record of the stack's last write, after a write of the object. `version`: model version of this write. Returns
 * `undefined` if nothing is known of it: without a record, a provider goes by the state of its stack alone.
 */
export function writtenAfter(
  existing: StoredObject | undefined,
  next: StoredObject,
  request: PutRequest,
  version: number,
): Written | undefined {
  if (request.isOfStack) return writtenByStack(existing, next, request, version);
  // A write that names the owner may come from the provider of an earlier release, or from anybody who read the object.
  if (existing?.written === undefined || request.owner !== undefined) return undefined;
  const lastWritten = patched(shown(existing, existing.properties), existing.written.patch) as MergePatch;
  return { ...existing.written, patch: patchBetween(shown(next, next.properties), lastWritten) };
}

function writtenByStack(
  existing: StoredObject | undefined,
  next: StoredObject,
  request: PutRequest,
  version: number,
): Written {
  // A patch leaves the values that it does not name, and with them the changes of others. An object without a record
  // begins to have one with its present properties.
  const before = existing?.written?.patch ?? {};
  const patch = request.patch === undefined ? {} : patchWithout(before, shown(next, request.patch));
  const isRepeated = existing?.written !== undefined && isDeepStrictEqual(patch, before) && isSame(existing, next);
  return isRepeated ? existing.written : { version, patch };
}

function isSame(a: StoredObject, b: StoredObject): boolean {
  return a.owner === b.owner && a.incarnation === b.incarnation && isDeepStrictEqual(a.properties, b.properties);
}

function shown({ kind }: StoredObject, properties: object): MergePatch {
  return replaceSecrets(kind, properties, asFingerprint) as MergePatch;
}
