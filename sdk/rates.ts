// Limits of a listener for what its clients may begin in a second.
import type * as pulumi from '@pulumi/pulumi';

/**
 * A limit for new connections. Connections that did not come in a second may come later, at most `burst` of them at once.
 */
export interface ConnectionRateArgs {
  /** Connections a second, 1-1000000; required. */
  total: pulumi.Input<number>;
  /**
   * The connections that may come at once after a pause, 1-1000000.
   * @default as many as come in a second
   */
  burst?: pulumi.Input<number>;
}

/** A limit for requests. Requests that did not come in a second may come later, at most `burst` of them at once. */
export interface RequestRateArgs {
  /**
   * Requests a second of each client address, 1-1000000.
   * @default no limit
   */
  perClient?: pulumi.Input<number>;
  /**
   * Requests a second of all clients together, 1-1000000. Requests above the limit of their client do not count.
   * @default no limit
   */
  total?: pulumi.Input<number>;
  /**
   * The requests that may come at once after a pause, of each client and of all, 1-1000000.
   * @default as many as come in a second
   */
  burst?: pulumi.Input<number>;
}
