// How a listener checks its targets: the argument of a listener.
import type * as pulumi from '@pulumi/pulumi';

/**
 * A check of every target of a listener. Left out, each target is checked with the defaults below, so by opening a TCP
 * connection to it; `{ protocol: "none" }` turns checking off. A new target takes traffic from its first passed check.
 *
 * ```ts
 * const healthCheck: weir.HealthCheckArgs = { protocol: "HTTP", path: "/healthz", intervalSeconds: 2 };
 * ```
 */
export interface HealthCheckArgs {
  /**
   * `"TCP"`: the target accepts a connection. `"HTTP"`: it answers with one of `expectedCodes`. `"none"`: no check.
   * @default "TCP"
   */
  protocol?: pulumi.Input<'TCP' | 'HTTP' | 'none'>;
  /**
   * The port to check, 1-65535.
   * @default the target's own port
   */
  port?: pulumi.Input<number>;
  /**
   * HTTP only: the path and query to ask for, at most 1024 characters.
   * @default "/"
   */
  path?: pulumi.Input<string>;
  /**
   * HTTP only: the Host header.
   * @default the target's address and port
   */
  host?: pulumi.Input<string>;
  /**
   * HTTP only: the method, in capitals.
   * @default "GET"
   */
  method?: pulumi.Input<string>;
  /**
   * HTTP only: the status codes of a healthy target, such as `"200"`, `"200-299,304"`.
   * @default "200-399"
   */
  expectedCodes?: pulumi.Input<string>;
  /**
   * Seconds between two checks of a target, 0.05-86400.
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
