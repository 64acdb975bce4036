// Entity tags of responses, and the condition that a write may put on the tag of what it changes.
import { createHash } from 'node:crypto';
import { WeirError } from '../../model/base/errors.ts';
import type { StoredObject } from '../stored/object.ts';

/** Strong: it changes with each write of the object, and never comes back. */
export function etagOf(object: StoredObject): string {
  return `"${object.incarnation}.${object.version}"`;
}

/** The tag of a response that is no single object. */
export function etagOfText(text: string): string {
  return `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

/**
 * Throws PreconditionFailed if `etags`, the value of If-Match, names another state than the object has. RFC 9110 section
 * 13.1.1: `*` means any object that is there; weak tags never match.
 */
export function refuseUnseen(object: StoredObject | undefined, etags: string | undefined): void {
  if (etags === undefined) return;
  const tags = etags.split(',').map((tag) => tag.trim());
  const isMatch = object !== undefined && (tags.includes('*') || tags.includes(etagOf(object)));
  if (!isMatch) throw new WeirError('PreconditionFailed');
}
