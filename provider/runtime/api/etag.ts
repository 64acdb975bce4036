// Entity tags of responses, and the If-Match condition of writes.
import { createHash } from 'node:crypto';
import { WeirError } from '../../model/base/errors.ts';
import type { StoredObject } from '../stored/object.ts';

/** The strong entity tag of an object, which changes with each write and never repeats. */
export function etagOf(object: StoredObject): string {
  return `"${object.incarnation}.${object.version}"`;
}

/** The weak entity tag of a response that is not a single object. */
export function etagOfText(text: string): string {
  return `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

/**
 * Throws `PreconditionFailed` if `etags`, the value of If-Match, does not match the object's entity tag. RFC 9110
 * section 13.1.1: `*` matches any existing object, and weak tags never match.
 */
export function refuseUnseen(object: StoredObject | undefined, etags: string | undefined): void {
  if (etags === undefined) return;
  const tags = etags.split(',').map((tag) => tag.trim());
  const isMatch = object !== undefined && (tags.includes('*') || tags.includes(etagOf(object)));
  if (!isMatch) throw new WeirError('PreconditionFailed');
}
