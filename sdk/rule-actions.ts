// What a forwarding rule does with its requests besides choosing targets, as arguments of the rule.
import type * as pulumi from '@pulumi/pulumi';

/**
 * Sends clients to another URL, by a response with a `Location`. Each part of the URL that is not given stays as the
 * client asked for it; through `trustedProxies` of the listener, that is the URL that the proxy was asked for. The
 * texts may have placeholders, each of them once: `{host}` is the host of the request without its port, `{port}` its
 * port, `{path}` its path from the first slash, and `{query}` its query without the `?`. A change takes effect at once.
 *
 * ```ts
 * const redirect: weir.RedirectArgs = { protocol: "HTTPS", host: "www.{host}", path: "/shop{path}", status: 308 };
 * ```
 *
 * A redirect to the URL that was requested would go on for ever. A preview refuses it where every request has it;
 * otherwise such a request gets a 508.
 */
export interface RedirectArgs {
  /**
   * The protocol of the new URL.
   * @default that of the request
   */
  protocol?: pulumi.Input<'HTTP' | 'HTTPS'>;
  /**
   * The host of the new URL without a port, such as `"example.com"` or `"www.{host}"`. `{host}` and `{port}` may stand in
   * it. A request from which no host can be made gets a 400.
   * @default that of the request
   */
  host?: pulumi.Input<string>;
  /**
   * The port of the new URL, 1-65535, or `"{port}"`. The default port of the protocol is not written.
   * @default that of the request; if that is the default port of its protocol, the default port of the new one
   */
  port?: pulumi.Input<number | '{port}'>;
  /**
   * The path of the new URL from its first slash, without a query, at most 1024 characters. A `?` from a placeholder is
   * escaped, and dot segments are removed.
   * @default that of the request
   */
  path?: pulumi.Input<string>;
  /**
   * The query of the new URL without the `?`, at most 1024 characters, such as `"{query}&from={host}"`. An empty text
   * means no query.
   * @default that of the request
   */
  query?: pulumi.Input<string>;
  /**
   * The status: with 301 and 302 many clients change the method to GET, with 303 all do, with 307 and 308 none does. 301
   * and 308 are permanent, and browsers remember them.
   * @default 301
   */
  status?: pulumi.Input<301 | 302 | 303 | 307 | 308>;
}

/**
 * One response to every request of the rule, such as a page during maintenance. A change takes effect at once.
 *
 * ```ts
 * const closed: weir.FixedResponseArgs = { status: 503, contentType: "text/html", body: "<h1>Back at 9</h1>" };
 * ```
 */
export interface FixedResponseArgs {
  /** The status, 200-599. */
  status: pulumi.Input<number>;
  /**
   * The media type of the body, at most 255 characters.
   * @default "text/plain; charset=utf-8"
   */
  contentType?: pulumi.Input<string>;
  /**
   * The body, at most 4096 bytes in UTF-8. A response to HEAD has only its length. With the statuses 204, 205 and 304
   * there is none.
   * @default an empty body
   */
  body?: pulumi.Input<string>;
}

/**
 * The host and path that targets get in place of those of the request. What clients see, such as a `Location` of a
 * target, is not changed; targets find the host of the request in `X-Forwarded-Host`. At least one of the two is given.
 *
 * ```ts
 * const rewrite: weir.RewriteArgs = { host: "api.internal", path: "/" };
 * ```
 */
export interface RewriteArgs {
  /**
   * The `Host` for targets, with or without a port.
   * @default that of the request
   */
  host?: pulumi.Input<string>;
  /**
   * The path that takes the place of the matched `path` of the rule, at most 1024 characters. With the rule's path
   * `/api`, `"/v2"` makes `/v2/x` of `/api/x`, and `"/"` makes `/x` of it. The query stays.
   * @default the path of the request
   */
  path?: pulumi.Input<string>;
}

/**
 * Edits of header fields. First the fields of `remove` and `set` are removed, in every spelling in which a target may
 * read them (`X_User` for `X-User`); then those of `set` and `add` are appended. No field may be named twice. Not to be
 * edited are the framing of a message, fields that belong to one connection, `Host` (see {@link RewriteArgs}), `Via`,
 * the `X-Forwarded` fields, and the other names by which targets learn about a client. A name has at most 128 characters,
 * a value at most 4096 of ASCII, and all of them together at most 8192; a map or list has at most 32.
 *
 * ```ts
 * const responseHeaders: weir.HeaderEditsArgs = {
 *   set: { "Strict-Transport-Security": "max-age=31536000" },
 *   remove: ["Server", "X-Powered-By"],
 * };
 * ```
 */
export interface HeaderEditsArgs {
  /** Fields that replace all fields of the same name, by their names. */
  set?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Fields that stand beside those of the same name, by their names. */
  add?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Names of the fields that are removed. */
  remove?: pulumi.Input<pulumi.Input<string>[]>;
}
