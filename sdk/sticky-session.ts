// How a client keeps its target: the argument of a listener or rule.
import type * as pulumi from '@pulumi/pulumi';

/**
 * A client's requests or connections go to the target that had the first of them, for as long as that takes new
 * traffic; a target of weight 0 takes none.
 *
 * ```ts
 * const stickySession: weir.StickySessionArgs = { type: "cookie", lifetimeSeconds: 3600 };
 * ```
 */
export interface StickySessionArgs {
  /** `"cookie"`: by a cookie that the listener sets, HTTP and HTTPS only. `"source-ip"`: by the client's IP address. */
  type: pulumi.Input<'cookie' | 'source-ip'>;
  /**
   * Cookie only: its name, 1-64 characters of a token.
   * @default "weir"
   */
  cookieName?: pulumi.Input<string>;
  /**
   * Cookie only: what its values are made with, 16-256 characters; kept as a secret. Give the same one to runtimes that
   * serve the same clients.
   * @default a random one, which the runtime keeps
   */
  cookieKey?: pulumi.Input<string>;
  /**
   * Seconds that a client keeps its target, 0.05-86400: from the cookie's setting, or from the last connection or request
   * of its IP address.
   * @default the browser's session; for "source-ip" 300
   */
  lifetimeSeconds?: pulumi.Input<number>;
}
