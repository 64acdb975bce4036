// The forms in which the hosts and paths of rules and requests are compared: API and data planes all use these functions.

/** What decides which requests a forwarding rule takes. */
export interface RouteMatch {
  readonly host?: string | undefined;
  readonly path?: string | undefined;
  readonly pathMatch: 'prefix' | 'exact';
}

const ESCAPE = /%[0-9A-Fa-f]{2}/g;
/** RFC 3986 2.3. */
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/** A host without its port: case and a final dot make no difference. */
export function hostKey(host: string): string {
  const lower = host.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/**
 * A path without its query: the escape of an unreserved character is that character, and the digits of every other one
 * are in capitals (RFC 3986 6.2.2). So `%2F` stays, and is no separator.
 */
export function pathKey(path: string): string {
  return path.includes('%') ? path.replace(ESCAPE, normalEscape) : path;
}

/** The path of a prefix rule, which goes by whole segments: a slash at its end makes no difference. */
export function prefixKey(path: string): string {
  const key = pathKey(path);
  return key.endsWith('/') ? key.slice(0, -1) : key;
}

/** The same for rules that take the same requests. */
export function routeKey({ host, path, pathMatch }: RouteMatch): string {
  const ofHost = host === undefined ? null : hostKey(host);
  if (path === undefined) return JSON.stringify([ofHost]);
  return JSON.stringify([ofHost, pathMatch, pathMatch === 'exact' ? pathKey(path) : prefixKey(path)]);
}

function normalEscape(triplet: string): string {
  const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
  return UNRESERVED.test(character) ? character : triplet.toUpperCase();
}
