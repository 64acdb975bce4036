// How a listener checks its targets: the argument of a listener.
import type * as pulumi from '@pulumi/pulumi';

/**
 * A check of every target of a listener or of a forwarding rule. Left out, each target is checked with the defaults
 * below, so by opening a TCP connection to it; targets of a UDP listener are not checked then. `{ protocol: "none" }`
 * turns checking off. A new target takes traffic from its first passed check.
 *
 * One checker asks each target, however many workers there are, on a connection of its own that it closes at once.
 * Where the listener has `proxyProtocol`, the check's connection begins with a header too, one without a client:
 * `UNKNOWN` (v1) or `LOCAL` (v2).
 *
 * ```ts
 * const web: weir.HealthCheckArgs = { protocol: "HTTP", path: "/healthz", intervalSeconds: 2 };
 * const dns: weir.HealthCheckArgs = {
 *   protocol: "UDP",
 *   send: "\\x00\\x01\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x01",
 *   expect: "\\x00\\x01",
 * };
 * ```
 */
export interface HealthCheckArgs {
  /**
   * - `"TCP"`: the target accepts a connection.
   * - `"HTTP"`: it answers a request with one of `expectedCodes`, and a head of at most 16 KiB; no body is read.
   * - `"HTTPS"`: the same over TLS 1.2 or 1.3. Its certificate is **not** verified: a check proves that the target
   *   lives, not who it is. `host` is the server name (SNI) too, where it is a name.
   * - `"UDP"`: `send` is sent in one datagram. With `expect`, an answer must hold that. Without, any answer passes, and
   *   silence until the time-out too: then only a port that nobody has (ICMP "port unreachable") fails.
   * - `"none"`: no check. A target that refuses three connections in a row is left out for 10 s then.
   * @default "TCP", for a UDP listener too where the rest of the check is given: name `"UDP"` there
   */
  protocol?: pulumi.Input<'TCP' | 'HTTP' | 'HTTPS' | 'UDP' | 'none'>;
  /**
   * The port to check, 1-65535.
   * @default the target's own port
   */
  port?: pulumi.Input<number>;
  /**
   * HTTP and HTTPS: the path and query to ask for, at most 1024 characters.
   * @default "/"
   */
  path?: pulumi.Input<string>;
  /**
   * HTTP and HTTPS: the Host header.
   * @default the target's address and port
   */
  host?: pulumi.Input<string>;
  /**
   * HTTP and HTTPS: the method, in capitals.
   * @default "GET"
   */
  method?: pulumi.Input<string>;
  /**
   * HTTP and HTTPS: the status codes of a healthy target, such as `"200"`, `"200-299,304"`.
   * @default "200-399"
   */
  expectedCodes?: pulumi.Input<string>;
  /**
   * UDP: the payload, at most 1024 characters; `\xHH` in it is one byte, `\\` a backslash, the rest UTF-8. (In a
   * TypeScript string each backslash is written twice.)
   * @default an empty datagram
   */
  send?: pulumi.Input<string>;
  /**
   * UDP: what the first answer must contain, written as `send`.
   * @default any answer, or none
   */
  expect?: pulumi.Input<string>;
  /**
   * Seconds between the starts of two checks of a target, 0.05-86400. The first is made at once, the others at times
   * of the interval that differ from target to target.
   * @default 5
   */
  intervalSeconds?: pulumi.Input<number>;
  /**
   * Seconds that a check may take, 0.05-86400.
   * @default 2
   */
  timeoutSeconds?: pulumi.Input<number>;
  /**
   * How many passed checks make an unhealthy target healthy again, 1-100. A new target needs one.
   * @default 2
   */
  healthyThreshold?: pulumi.Input<number>;
  /**
   * How many failed checks make a healthy target unhealthy, 1-100.
   * @default 3
   */
  unhealthyThreshold?: pulumi.Input<number>;
}
