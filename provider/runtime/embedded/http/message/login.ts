// Logins that belong to a connection: challenges and credentials of schemes with which a target authenticates one.
import {
  AUTHORIZATION,
  hasName,
  nameSet,
  PROXY_AUTHENTICATE,
  PROXY_AUTHORIZATION,
  WWW_AUTHENTICATE,
} from './field-names.ts';
import type { HeaderFields } from './fields.ts';

/**
 * The fields of RFC 9110 11.6 and 11.7. Those for proxies end at this hop, so that no login can be made with them. They
 * count all the same, because a target that sends such a challenge authenticates connections.
 */
const LOGIN_FIELDS = nameSet(WWW_AUTHENTICATE, PROXY_AUTHENTICATE, AUTHORIZATION, PROXY_AUTHORIZATION);

/** The first letter of the schemes that are common, Basic and Bearer. */
const LETTER_B = 0x62;

/**
 * An element that begins with such a scheme, and not with the name of a parameter (RFC 9110 11.2). RFC 4559 6 ties
 * logins by Negotiate to their connection; IIS also has Nego2. Whatever else begins so counts too: if a target reads it
 * as one of these schemes, others must not get the connection, and otherwise only a connection is not shared.
 */
const SCHEME = /^[ \t]*(?:ntlm|nego)(?![^ \t=]*[ \t]*=)/i;

/**
 * Returns true if a field of the head has a challenge or credential of a scheme that logs in the connection: the target
 * then takes whoever uses the connection next for the same user.
 */
export function hasLogin(fields: HeaderFields): boolean {
  if ((fields.seen & LOGIN_FIELDS) === 0) return false;
  for (let index = 0; index < fields.count; index++) {
    if (hasName(LOGIN_FIELDS, fields.known[index] as number) && namesScheme(fields.value(index))) return true;
  }
  return false;
}

/** Returns true if a list of challenges or credentials (RFC 9110 11.3 and 11.4) has one of the schemes. */
function namesScheme(list: string): boolean {
  // Nearly every request with a credential has one only, which may be long.
  return list.includes(',') ? withoutQuoted(list).split(',').some(isOfScheme) : isOfScheme(list);
}

function isOfScheme(element: string): boolean {
  return (element.charCodeAt(0) | 0x20) !== LETTER_B && SCHEME.test(element);
}

/** Removes quoted strings (RFC 9110 5.6.4), which may contain anything. What follows a quote without end is kept. */
function withoutQuoted(text: string): string {
  let kept = '';
  let from = 0;
  for (let open = text.indexOf('"'); open !== -1; open = text.indexOf('"', from)) {
    const end = quoteEnd(text, open + 1);
    if (end === -1) break;
    kept += text.slice(from, open);
    from = end;
  }
  return kept + text.slice(from);
}

function quoteEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return -1;
}
