// How a client keeps its target: the argument of a listener and of a forwarding rule.
import type * as pulumi from '@pulumi/pulumi';

/**
 * Clients that come back to the target that they were with, on top of any `algorithm`: that chooses for new clients
 * only, so that sticky sessions may make traffic uneven. A client moves, and then stays where it moved to, once its
 * target is unbound, is unhealthy, has weight 0 or cannot be reached. Open connections stay where they are.
 *
 * ```ts
 * const stickySession: weir.StickySessionArgs = { type: "cookie", cookieName: "shop", lifetimeSeconds: 3600 };
 * ```
 */
export interface StickySessionArgs {
  /**
   * - `"cookie"`, for HTTP and HTTPS: the answer to a client's first request sets a cookie (`Path=/; HttpOnly;
   *   SameSite=Lax`, with HTTPS `Secure`) whose value is a keyed hash of the target. It tells nothing, holds in every
   *   worker and after a restart, and an altered one is worth nothing. Targets get it too, as any other cookie.
   * - `"source-ip"`, for every protocol: the client's address is remembered from its last new connection, request or
   *   UDP session on. The last 16,384 addresses are, those that came last; a restart forgets them. Clients behind one
   *   NAT or proxy are one client, also behind those of `trustedProxies`. With the algorithm `"source-ip-hash"` it also
   *   keeps clients in place when targets come.
   */
  type: pulumi.Input<'cookie' | 'source-ip'>;
  /**
   * Cookie only: 1-64 characters of a token, such as letters, digits, `-`, `_` and `.`. A browser keeps one cookie of a
   * name for a host, whatever the port and path; up to 8 rules and listeners may share it.
   * @default "weir"
   */
  cookieName?: pulumi.Input<string>;
  /**
   * Cookie only: what values are made with, 1-256 characters; kept as a secret. Another one makes every client move once.
   * Take a random one: the API answers with its hash, from which a word could be guessed. Two runtimes that serve the
   * same listener need the same one.
   * @default a random one, which the runtime keeps
   */
  cookieKey?: pulumi.Input<string>;
  /**
   * Seconds, 0.05-86400. For a cookie how long the browser keeps it from when it was set, in whole seconds; for
   * `"source-ip"` how long a client is remembered after its last new connection, request or UDP session.
   * @default for a cookie until the browser closes, for `"source-ip"` 300
   */
  lifetimeSeconds?: pulumi.Input<number>;
}
