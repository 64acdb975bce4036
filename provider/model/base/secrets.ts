// The secret properties of objects, and the fingerprints and masks that replace secrets wherever they must not be seen.
import { createHash } from 'node:crypto';
import type { Kind } from './kinds.ts';
import { isRecord, valueAt } from './record.ts';

type Path = readonly string[];

const COOKIE_KEY = ['stickySession', 'cookieKey'];
/** The secret properties of each kind, as paths. `*` is every name of a map. */
const PROPERTIES: Readonly<Record<string, readonly Path[]>> = {
  listeners: [['certificates', '*', 'privateKey'], COOKIE_KEY],
  rules: [COOKIE_KEY],
};
/** The secrets that the runtime itself creates, for objects of any kind. */
const STATE: readonly Path[] = [['cookieKey']];

/** Replaces a secret property: returns the new name and the new value of the property. */
export type Replace = (name: string, value: unknown, path: Path) => readonly [name: string, value: unknown];

/** A copy of an object's properties in which each secret is replaced. Returns the same object if it has no secret. */
export function replaceSecrets<T>(kind: Kind, properties: T, replace: Replace): T {
  return (PROPERTIES[kind] ?? []).reduce((value, path) => replaceAt(value, path, [], replace), properties);
}

export function replaceStateSecrets<T>(state: T, replace: Replace): T {
  return STATE.reduce((value, path) => replaceAt(value, path, [], replace), state);
}

export const FINGERPRINT = /^sha256:[0-9a-f]{64}$/;

/**
 * A text that shows whether two secrets are equal, and nothing else. Other hashes of the same secret differ from it.
 */
export function fingerprint(secret: string): string {
  return `sha256:${createHash('sha256').update('weir secret fingerprint\0').update(secret).digest('hex')}`;
}

/**
 * Replaces a secret by its fingerprint: `privateKey` becomes `privateKeyFingerprint`. A null, by which a merge patch
 * removes the secret, stays null.
 */
export const asFingerprint: Replace = (name, value) => [
  `${name}Fingerprint`,
  value === null ? null : fingerprintOf(name, String(value)),
];

/**
 * Puts secrets back in place of their fingerprints in a response, if `known` contains a secret with the same
 * fingerprint. Any other fingerprint stays, and differs from every secret that may be written.
 */
export function withSecretsOf<T>(kind: Kind, responded: T, known: unknown): T {
  return (PROPERTIES[kind] ?? []).reduce((value, secretPath) => {
    const name = secretPath.at(-1) as string;
    const parents = secretPath.slice(0, -1);
    return replaceAt(value, [...parents, `${name}Fingerprint`], [], (_, expected, path) => {
      const secret = valueAt(known, [...path.slice(0, -1), name]);
      return [name, typeof secret === 'string' && fingerprintOf(name, secret) === expected ? secret : expected];
    });
  }, responded);
}

/**
 * The fingerprint of a secret property. Space around a PEM text means nothing, and `pulumi config set` drops the line
 * end at the end of a file.
 */
function fingerprintOf(name: string, secret: string): string {
  return fingerprint(name === 'privateKey' ? secret.trim() : secret);
}

function replaceAt<T>(value: T, [name, ...rest]: Path, at: Path, replace: Replace): T {
  if (!isRecord(value)) return value;
  let isSame = true;
  const entries = Object.entries(value).map(([key, item]) => {
    if (item === undefined || (name !== '*' && key !== name)) return [key, item] as const;
    const path = [...at, key];
    const entry = rest.length === 0 ? replace(key, item, path) : ([key, replaceAt(item, rest, path, replace)] as const);
    isSame &&= entry[0] === key && entry[1] === item;
    return entry;
  });
  return isSame ? value : (Object.fromEntries(entries) as T);
}
