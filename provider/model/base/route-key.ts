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

/** Whether every request that the inner rule would take matches the outer rule as well. */
export function isRouteWithin(inner: RouteMatch, outer: RouteMatch): boolean {
  return isHostWithin(inner.host, outer.host) && isPathWithin(inner, outer);
}

/** Whether the outer host matches every host that the inner one matches, and others too. */
export function isHostNarrower(inner: string | undefined, outer: string | undefined): boolean {
  return isHostWithin(inner, outer) && !isHostWithin(outer, inner);
}

/** Compares two rules that match one request. Returns a negative number if `a` takes it: by host, then by path. */
export function compareRoutes(a: RouteMatch, b: RouteMatch): number {
  const [x, y] = [weightOf(a), weightOf(b)];
  if (x.ofHost !== y.ofHost) return x.ofHost > y.ofHost ? -1 : 1;
  return x.ofPath === y.ofPath ? 0 : x.ofPath > y.ofPath ? -1 : 1;
}

/** Whether every host that the inner one matches is matched by the outer one as well. */
export function isHostWithin(inner: string | undefined, outer: string | undefined): boolean {
  if (outer === undefined) return true;
  if (inner === undefined) return false;
  const [a, b] = [hostKey(inner), hostKey(outer)];
  if (!b.startsWith('*')) return a === b;
  return a === b || (a.endsWith(b.slice(1)) && a.length >= b.length);
}

/**
 * Whether every path that the inner rule matches is matched by the outer one as well. A rule without a path counts like
 * one for `/`: they differ by the target `*` of OPTIONS alone.
 */
export function isPathWithin(inner: RouteMatch, outer: RouteMatch): boolean {
  const prefix = prefixKey(outer.path ?? '/');
  if (outer.path !== undefined && outer.pathMatch === 'exact') {
    return inner.path !== undefined && inner.pathMatch === 'exact' && pathKey(inner.path) === pathKey(outer.path);
  }
  const path =
    inner.path === undefined ? '' : inner.pathMatch === 'exact' ? pathKey(inner.path) : prefixKey(inner.path);
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** Numbers that are larger for a narrower host and for a narrower path of a rule. */
function weightOf({ host, path, pathMatch }: RouteMatch) {
  const key = host === undefined ? '' : hostKey(host);
  const ofHost = host === undefined ? 0 : key.startsWith('*') ? key.length : Number.POSITIVE_INFINITY;
  const ofPath = path === undefined ? -1 : pathMatch === 'exact' ? Number.POSITIVE_INFINITY : prefixKey(path).length;
  return { ofHost, ofPath };
}

function normalEscape(triplet: string): string {
  const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
  return UNRESERVED.test(character) ? character : triplet.toUpperCase();
}
