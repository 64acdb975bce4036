// Logins that belong to a connection: challenges and credentials of schemes with which a target authenticates one.
import {
  AUTHORIZATION,
  hasName,
  nameSet,
  PERSISTENT_AUTH,
  PROXY_AUTHENTICATE,
  PROXY_AUTHORIZATION,
  WWW_AUTHENTICATE,
} from './field-names.ts';
import type { HeaderFields } from './fields.ts';

/**
 * The fields of RFC 9110 11.6 and 11.7. Those for proxies end at this hop, so that no login can be made with them. They
 * count all the same, because a target that sends such a challenge authenticates connections. With Persistent-Auth, IIS
 * says that the connection has a user from now on.
 */
const LOGIN_FIELDS = nameSet(WWW_AUTHENTICATE, PROXY_AUTHENTICATE, AUTHORIZATION, PROXY_AUTHORIZATION, PERSISTENT_AUTH);

/** A credential of Basic or Bearer, if nothing follows its token. Their first letter is that of no scheme below. */
const LETTER_B = 0x62;
const BASIC_LENGTH = 'Basic '.length;
const BEARER_LENGTH = 'Bearer '.length;

/**
 * What the names of schemes have in them that log in the connection. RFC 4559 6 ties logins by Negotiate to their
 * connection; its older names are GSS-Negotiate and SPNEGO, and IIS has Nego2 too. Windows Remote Management offers
 * Kerberos and CredSSP.
 */
const SCHEME = /ntlm|nego|kerberos|credssp/i;

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
/** RFC 9110 11.2. Whitespace around the `=` is left out: some targets take what precedes it for a scheme. */
const PARAMETER = `${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*")`;
const TOKEN_68 = '[-._~+/0-9A-Za-z]+=*';
/** The next member of a list of challenges or credentials (RFC 9110 11.3 and 11.4): a challenge, or a parameter of one. */
const CHALLENGE = `(?<scheme>${TOKEN})(?: +(?:${PARAMETER}|${TOKEN_68}))?`;
const MEMBER = new RegExp(`[\\t ]*(?:${PARAMETER}|${CHALLENGE})?[\\t ]*(?:,|$)`, 'y');

/**
 * Returns true if a field of the head has a challenge or credential of a scheme that logs in the connection: the target
 * then takes whoever uses the connection next for the same user.
 */
export function hasLogin(fields: HeaderFields): boolean {
  if ((fields.seen & LOGIN_FIELDS) === 0) return false;
  let all = '';
  let count = 0;
  for (let index = 0; index < fields.count; index++) {
    if (!hasName(LOGIN_FIELDS, fields.known[index] as number)) continue;
    const value = fields.value(index);
    if (fields.known[index] === PERSISTENT_AUTH && !/^false$/i.test(value)) return true;
    if (!isSingle(value) && mayLogIn(value)) return true;
    all = count++ === 0 ? value : `${all},${value}`;
  }
  // A target may join the lines before it looks for the ends of quoted strings.
  return count > 1 && mayLogIn(all);
}

/** Returns true for a credential such as nearly every request has, if it has one: it may be long. */
function isSingle(value: string): boolean {
  if ((value.charCodeAt(0) | 0x20) !== LETTER_B) return false;
  const from = value[BASIC_LENGTH - 1] === ' ' ? BASIC_LENGTH : BEARER_LENGTH;
  return !value.includes(',') && !value.includes('"') && !value.includes(' ', from);
}

/**
 * Returns true if a list of challenges or credentials has one of the schemes, or something else that a target could take
 * for one: if it does, others must not get the connection, and otherwise only a connection is not shared. Only where
 * the list is well formed, and begins with a scheme as it must, is it known what is none: a parameter, what is quoted,
 * or the token of another scheme.
 */
function mayLogIn(list: string): boolean {
  if (!SCHEME.test(list)) return false;
  let isFirst = true;
  for (let at = 0; at < list.length; at = MEMBER.lastIndex) {
    MEMBER.lastIndex = at;
    const member = MEMBER.exec(list);
    if (member === null) return true;
    const scheme = member.groups?.scheme;
    if (scheme === undefined ? isFirst && /[^\t ,]/.test(member[0]) : SCHEME.test(scheme)) return true;
    if (scheme !== undefined) isFirst = false;
  }
  return false;
}
