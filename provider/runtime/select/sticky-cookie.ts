// Sticky sessions by cookie: its value is a keyed hash of the target, so that no worker needs to remember a client.
import { createHmac, hash } from 'node:crypto';
import type { StickySnapshot } from '../contract/snapshot.ts';
import type { PickingClient, Stickiness, StickyTarget } from './stickiness.ts';

type CookieSettings = Omit<Extract<StickySnapshot, { type: 'cookie' }>, 'type'>;

const VALUE_LENGTH = 22;
/** What may be a value; it goes back to the client. */
const VALUE = /^[A-Za-z0-9_-]{22}$/;

/**
 * A cookie is of a host and has no port: rules, and listeners of several ports, share it where they have one name. Then
 * it holds a value of each, the newest first; beyond them are those of targets that are gone.
 */
const MAX_VALUES = 8;
const SEPARATOR = '.';

/** From a target's key to its value: opaque, and the same in every worker and after a restart. Who has not the key can make none. */
export function cookieValues(cookieKey: string, targetGroupId: string): (targetKey: string) => string {
  const groupKey = createHmac('sha256', cookieKey).update(targetGroupId).digest('base64url');
  // All targets of a group get theirs in one tick: one such hash costs a fifth of an HMAC. Behind a secret of fixed length
  // it is as good as one, since half of it is kept back: what is not given whole cannot be extended.
  return (targetKey) => hash('sha256', groupKey + targetKey, 'base64url').slice(0, VALUE_LENGTH);
}

export class StickyCookie<T extends StickyTarget> implements Stickiness<T> {
  readonly #settings: CookieSettings;
  readonly #valueOf: (targetKey: string) => string;
  readonly #attributes: string;
  readonly #targets = new Map<string, T>();
  /** Kept from bind to unbind: a change of health among thousands computes none anew. */
  readonly #values = new Map<T, string>();

  constructor(targetGroupId: string, settings: CookieSettings) {
    this.#valueOf = cookieValues(settings.cookieKey, targetGroupId);
    this.#settings = settings;
    const { lifetimeMs } = settings;
    // RFC 6265 4.1.1: Max-Age is whole seconds, and 0 would delete the cookie.
    const maxAge = lifetimeMs === undefined ? '' : `; Max-Age=${Math.ceil(lifetimeMs / 1000)}`;
    this.#attributes = `; Path=/; HttpOnly; SameSite=Lax${maxAge}`;
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
 * The first result of `look` for the values in one cookie of a request's head, in their order; the head has passed the
 * strict parser. RFC 6265 5.4 has a client send one Cookie line; several are read as if they were one.
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

/** RFC 6265 4.1.1: the quotes around a value are part of it; some clients add them all the same. */
function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
