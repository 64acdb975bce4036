// The sticky session, by which a client returns to its target, as an argument of a listener or forwarding rule.
import type * as pulumi from '@pulumi/pulumi';

/**
 * How a client returns to the target that it had before. The `algorithm` then chooses targets for new clients only, and
 * so the traffic may become uneven. A client gets another target, and stays with that one, when its own is unbound, is
 * unhealthy, has weight 0 or cannot be reached. Open connections stay where they are. Every property
 * changes in place.
 *
 * ```ts
 * const stickySession: weir.StickySessionArgs = { type: "cookie", cookieName: "shop", lifetimeSeconds: 3600 };
 * ```
 */
export interface StickySessionArgs {
  /**
   * How a client is recognised.
   *
   * - `"cookie"`, for HTTP and HTTPS: the first response to a client sets a cookie (`Path=/; HttpOnly; SameSite=Lax`,
   *   with HTTPS `Secure`; see `sameSite` and `domain`) whose value is a keyed hash of the target. The value reveals nothing, is valid in every
   *   worker and after a restart, and has no effect if it was altered. Targets receive the cookie, as any other one.
   * - `"source-ip"`, for every protocol: the client's IP address is remembered after each new connection, request or
   *   UDP session. The last 16,384 addresses are remembered, until the runtime restarts. Clients behind one NAT gateway
   *   or proxy count as one client; behind `trustedProxies` and `acceptProxyProtocol` of the listener it is the client's
   *   own address that counts. With the algorithm `"source-ip-hash"` it also
   *   keeps clients in place when targets are added.
   */
  type: pulumi.Input<'cookie' | 'source-ip'>;
  /**
   * The name of the cookie, 1-64 letters, digits, `-`, `_`, `.` or other characters of a token; cookie only. A browser
   * keeps one cookie of a name for a host, whatever the port and path; up to 8 rules and listeners may share it.
   * @default "weir"
   */
  cookieName?: pulumi.Input<string>;
  /**
   * The key of the hash in the cookie, 1-256 characters, kept as a secret; cookie only. With another key every client
   * gets a new target once. Use a random key, because the API shows a hash of it, from which a word could be guessed.
   * Two runtimes that serve the same clients need the same key.
   * @default a random key, which the runtime keeps
   */
  cookieKey?: pulumi.Input<string>;
  /**
   * Seconds for which a client is recognised, 0.05-86400. A browser keeps the cookie for so long after it was set, in
   * whole seconds. An address is remembered for so long after its last new connection, request or UDP session.
   * @default for a cookie until the browser closes, for `"source-ip"` 300
   */
  lifetimeSeconds?: pulumi.Input<number>;
  /**
   * Whether browsers send the cookie with requests that another site caused; cookie only. With `"Lax"` they do so when
   * the user follows a link, with `"Strict"` never, and with `"None"` always, as a page in a frame of another site
   * needs it. `"None"` also makes the cookie `Secure`, because browsers drop it otherwise: clients then have to use
   * HTTPS, at this listener or at a proxy in front of it. A change counts for cookies that are set from then on.
   *
   * ```ts
   * const stickySession: weir.StickySessionArgs = { type: "cookie", sameSite: "None" };
   * ```
   * @default "Lax"
   */
  sameSite?: pulumi.Input<'Lax' | 'Strict' | 'None'>;
  /**
   * The domain, such as `"example.com"`, to whose hosts browsers send the cookie, at most 253 characters; cookie only.
   * A browser drops the cookie unless the host that it asked is in the domain. A change counts for cookies that are set
   * from then on.
   * @default only the host that set the cookie
   */
  domain?: pulumi.Input<string>;
}
