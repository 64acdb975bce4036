// Entity tags of responses, and the If-Match condition of writes.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
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
 * Throws `PreconditionFailed` if the object's entity tag does not match If-Match, or matches If-None-Match. RFC 9110
 * section 13.1: `*` matches any existing object, and weak tags never match.
 */
export function refuseUnseen(object: StoredObject | undefined, headers: IncomingHttpHeaders): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match !== undefined && !isAmong(match, object)) throw new WeirError('PreconditionFailed');
  if (noneMatch === undefined || !isAmong(noneMatch, object)) return;
  throw new WeirError('PreconditionFailed', 'The object exists already, and the write was to create it.');
}

function isAmong(etags: string, object: StoredObject | undefined): boolean {
  const tags = etags.split(',').map((tag) => tag.trim());
  return object !== undefined && (tags.includes('*') || tags.includes(etagOf(object)));
}
