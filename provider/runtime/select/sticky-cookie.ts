// Sticky sessions by cookie. The cookie value is a keyed hash of the target, so that workers remember no clients.
import { createHmac, hash } from 'node:crypto';
import type { StickySnapshot } from '../contract/snapshot.ts';
import type { PickingClient, Stickiness, StickyTarget } from './stickiness.ts';

type CookieSettings = Omit<Extract<StickySnapshot, { type: 'cookie' }>, 'type'>;

const VALUE_LENGTH = 22;
/** The form of a cookie value. Only values of this form are sent back to the client. */
const VALUE = /^[A-Za-z0-9_-]{22}$/;

/**
 * Limit for values in one cookie. Browsers keep cookies by host, not by port: target groups whose rules or listeners
 * use the same host and cookie name share a cookie. It then holds one value for each target group, the newest first.
 * Values beyond this limit belong to targets that are gone.
 */
const MAX_VALUES = 8;
const SEPARATOR = '.';

/** The attribute of a cookie that browsers send by HTTPS only; it is the last one. */
export const SECURE = '; Secure';

/**
 * Returns the function that makes a cookie value of a target key. Values are opaque, and equal in every worker and
 * after a restart. Nobody can make one without the cookie key.
 */
export function cookieValues(cookieKey: string, targetGroupId: string): (targetKey: string) => string {
  const groupKey = createHmac('sha256', cookieKey).update(targetGroupId).digest('base64url');
  // All targets of a target group get their cookie values in one tick, and a plain hash costs a fifth of an HMAC. With
  // a secret prefix of fixed length a plain hash is as safe as an HMAC here: half of it is withheld, and a hash that is
  // not known whole cannot be extended.
  return (targetKey) => hash('sha256', groupKey + targetKey, 'base64url').slice(0, VALUE_LENGTH);
}

export class StickyCookie<T extends StickyTarget> implements Stickiness<T> {
  readonly #settings: CookieSettings;
  readonly #valueOf: (targetKey: string) => string;
  readonly #attributes: string;
  readonly #targets = new Map<string, T>();
  /**
   * The cookie value of each bound target, kept because a health change would otherwise compute thousands of values
   * again.
   */
  readonly #values = new Map<T, string>();

  constructor(targetGroupId: string, settings: CookieSettings) {
    this.#valueOf = cookieValues(settings.cookieKey, targetGroupId);
    this.#settings = settings;
    const { lifetimeMs, sameSite, domain } = settings;
    // RFC 6265 4.1.1: Max-Age is whole seconds, and 0 would delete the cookie.
    const maxAge = lifetimeMs === undefined ? '' : `; Max-Age=${Math.ceil(lifetimeMs / 1000)}`;
    const forDomain = domain === undefined ? '' : `; Domain=${domain}`;
    // Browsers drop a cookie with SameSite=None that is not Secure.
    const secure = sameSite === 'None' ? SECURE : '';
    this.#attributes = `; Path=/; HttpOnly; SameSite=${sameSite}${maxAge}${forDomain}${secure}`;
  }

  add(target: T): void {
    const value = this.#valueOf(target.key);
    this.#values.set(target, value);
    this.#targets.set(value, target);
  }

  remove(target: T): void {
    this.#targets.delete(this.#values.get(target) ?? '');
    this.#values.delete(target);
  }

  find({ head = '' }: PickingClient, tried?: ReadonlySet<T>): T | undefined {
    return firstValue(head, this.#settings.cookieName, (value) => {
      const target = this.#targets.get(value);
      return target?.isPickable && !tried?.has(target) ? target : undefined;
    });
  }

  keep(client: PickingClient, picked: T): T {
    const { cookieName } = this.#settings;
    const values = new Set([this.#values.get(picked)]);
    firstValue(client.head ?? '', cookieName, (value) => {
      if (VALUE.test(value) && !this.#targets.has(value)) values.add(value);
      return values.size === MAX_VALUES ? true : undefined;
    });
    client.setCookie = `${cookieName}=${[...values].join(SEPARATOR)}${this.#attributes}`;
    return picked;
  }
}

/**
 * Calls `look` for each value in the cookie `name` of a request's head, in their order, and returns its first result
 * that is not `undefined`. The head must have passed the strict parser. RFC 6265 5.4: a client sends one Cookie line;
 * several lines are read as one.
 */
export function firstValue<R>(head: string, name: string, look: (value: string) => R | undefined): R | undefined {
  for (const [, cookies = ''] of head.matchAll(/\r\ncookie:([^\r]*)/gi)) {
    for (const cookie of cookies.split(';')) {
      const equals = cookie.indexOf('=');
      if (equals === -1 || cookie.slice(0, equals).trim() !== name) continue;
      for (const value of unquoted(cookie.slice(equals + 1).trim()).split(SEPARATOR)) {
        const result = look(value);
        if (result !== undefined) return result;
      }
    }
  }
  return undefined;
}

/** Removes quotes around a cookie value. RFC 6265 4.1.1 makes them part of the value, but some clients add them. */
function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
