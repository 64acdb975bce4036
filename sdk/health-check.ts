// The health check of targets, as an argument of a listener or forwarding rule.
import type * as pulumi from '@pulumi/pulumi';

/**
 * How each target of a listener or forwarding rule is checked. Without a health check, a target is checked with the
 * defaults below, by opening a TCP connection; the targets of a UDP listener are then not checked.
 * `{ protocol: "none" }` turns checking off. A new target takes traffic when it has passed its first check.
 *
 * However many workers there are, one checker asks each target, on a connection of its own that it closes at once. If
 * the listener has `proxyProtocol`, that connection begins with a header without a client: `UNKNOWN` (v1) or `LOCAL`
 * (v2).
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
   * What a target must do to pass the check.
   *
   * - `"TCP"`: it accepts a connection.
   * - `"HTTP"`: it responds to a request with one of `expectedCodes` and a head of at most 16 KiB. The body is not
   *   read.
   * - `"HTTPS"`: likewise, over TLS 1.2 or 1.3. Its certificate is **not** verified, because a check tells that the
   *   target works and not who it is. If `host` is a name, it is sent as the server name (SNI) too.
   * - `"UDP"`: it responds to `send` with a datagram that contains `expect`. Without `expect`, any response passes and
   *   so does silence until the time-out: only a closed port (ICMP "port unreachable") fails.
   * - `"none"`: there is no check. A target that refuses three connections in a row gets no traffic for 10 s.
   * @default "TCP", also for a UDP listener if another property of the check is given
   */
  protocol?: pulumi.Input<'TCP' | 'HTTP' | 'HTTPS' | 'UDP' | 'none'>;
  /**
   * The port to check, 1-65535.
   * @default the port of the target
   */
  port?: pulumi.Input<number>;
  /**
   * The path and query of the request, at most 1024 characters; HTTP and HTTPS.
   * @default "/"
   */
  path?: pulumi.Input<string>;
  /**
   * The Host header of the request; HTTP and HTTPS.
   * @default the address and port of the target
   */
  host?: pulumi.Input<string>;
  /**
   * The method of the request, in capitals; HTTP and HTTPS.
   * @default "GET"
   */
  method?: pulumi.Input<string>;
  /**
   * The status codes that pass, such as `"200"` or `"200-299,304"`, at most 1024 characters; HTTP and HTTPS.
   * @default "200-399"
   */
  expectedCodes?: pulumi.Input<string>;
  /**
   * The payload of the datagram, at most 1024 characters; UDP. `\xHH` stands for one byte and `\\` for a backslash;
   * everything else is sent as UTF-8. In a TypeScript string each backslash is written twice.
   * @default an empty datagram
   */
  send?: pulumi.Input<string>;
  /**
   * What the first response must contain, written like `send`; UDP.
   * @default any response, or none
   */
  expect?: pulumi.Input<string>;
  /**
   * Seconds from the beginning of a check to that of the next, 0.05-86400. The first check of a target begins at once;
   * the others are spread over the interval, so that not all targets are checked at the same time.
   * @default 5
   */
  intervalSeconds?: pulumi.Input<number>;
  /**
   * Seconds that a check may take, 0.05-86400.
   * @default 2
   */
  timeoutSeconds?: pulumi.Input<number>;
  /**
   * How many checks in a row an unhealthy target must pass to become healthy, 1-100. A new target must pass one.
   * @default 2
   */
  healthyThreshold?: pulumi.Input<number>;
  /**
   * How many checks in a row a healthy target must fail to become unhealthy, 1-100.
   * @default 3
   */
  unhealthyThreshold?: pulumi.Input<number>;
}
