// The Via field, by which a request that runs in a circle of load balancers is found.
import { hasName, VIA } from './field-names.ts';
import type { HeaderFields } from './fields.ts';
import { type LocalResponse, localResponse } from './local-response.ts';

/** A request that has passed so many load balancers of Weir runs in a circle. */
const MAX_PASSES = 10;

// RFC 5842 7.2 defines 508 for a request that meets itself.
const LOOP = localResponse(508, `the request has passed ${MAX_PASSES} Weir load balancers`);

/**
 * The line that is appended to a request, by its minor version. RFC 9110 7.6.3: a gateway must name itself in requests;
 * it need not do so in responses. All runtimes have one pseudonym, because a circle may lead through several of them.
 */
export const VIA_LINE = ['Via: 1.0 weir\r\n', 'Via: 1.1 weir\r\n'] as const;

/** A member of the list that has exactly this pseudonym, without a port or another part of a host name. */
const OWN_MEMBER = /^[ \t]*[^ \t]+[ \t]+weir[ \t]*$/;

/** Returns a local response if the request runs in a circle. */
export function findLoop(fields: HeaderFields): LocalResponse | undefined {
  if (!hasName(fields.seen, VIA)) return undefined;
  let passes = 0;
  for (let index = 0; index < fields.count; index++) {
    if (fields.known[index] !== VIA) continue;
    for (const member of withoutComments(fields.value(index)).split(',')) if (OWN_MEMBER.test(member)) passes++;
  }
  return passes < MAX_PASSES ? undefined : LOOP;
}

/**
 * Removes comments (RFC 9110 5.6.5). A value with an unfinished comment is returned whole, so that nobody can hide the
 * members that follow.
 */
function withoutComments(value: string): string {
  if (!value.includes('(')) return value;
  let kept = '';
  let depth = 0;
  for (let at = 0; at < value.length; at++) {
    const character = value[at] as string;
    if (character === '(') depth++;
    if (depth === 0) kept += character;
    else if (character === '\\') at++;
    else if (character === ')') depth--;
  }
  return depth === 0 ? kept : value;
}
