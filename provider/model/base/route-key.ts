// The forms in which hosts and paths of rules and requests are compared, in the API and in all data planes.

/** The properties of a forwarding rule that decide which requests it takes. */
export interface RouteMatch {
  readonly host?: string | undefined;
  readonly path?: string | undefined;
  readonly pathMatch: 'prefix' | 'exact';
}

const ESCAPE = /%[0-9A-Fa-f]{2}/g;
/** Unreserved characters of RFC 3986 2.3. */
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/** A host without its port, in the form that is compared: case and a final dot make no difference. */
export function hostKey(host: string): string {
  const lower = host.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/**
 * A path without its query, in the form that is compared (RFC 3986 6.2.2): an escaped unreserved character becomes that
 * character, and every other escape gets capital digits. `%2F` therefore stays, and is no separator.
 */
export function pathKey(path: string): string {
  return path.includes('%') ? path.replace(ESCAPE, normalEscape) : path;
}

/**
 * The path of a prefix rule, in the form that is compared. Prefixes match whole segments, so a final slash makes no
 * difference.
 */
export function prefixKey(path: string): string {
  const key = pathKey(path);
  return key.endsWith('/') ? key.slice(0, -1) : key;
}

/** One text for all rules that take the same requests. */
export function routeKey({ host, path, pathMatch }: RouteMatch): string {
  const ofHost = host === undefined ? null : hostKey(host);
  if (path === undefined) return JSON.stringify([ofHost]);
  return JSON.stringify([ofHost, pathMatch, pathMatch === 'exact' ? pathKey(path) : prefixKey(path)]);
}

function normalEscape(triplet: string): string {
  const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
  return UNRESERVED.test(character) ? character : triplet.toUpperCase();
}
