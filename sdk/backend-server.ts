// The backend server of a stack: what does the work, where it stands and whether it may take traffic.
import type * as pulumi from '@pulumi/pulumi';
import type { AdoptionArgs } from './adoption.ts';
import { Resource } from './resource.ts';

/** The arguments of a {@link BackendServer}. All but `kind` change in place. */
export interface BackendServerArgs extends AdoptionArgs {
  /** The region that it is in, at most 255 characters. Targets are bound only where the load balancer's is the same, or unset. */
  region: pulumi.Input<string>;
  /** The network that it is in, at most 255 characters; compared as `region` is. */
  vpcId: pulumi.Input<string>;
  /**
   * The zone that it is in, at most 255 characters; compared where the load balancer has one too.
   * @default any zone
   */
  zoneId?: pulumi.Input<string>;
  /**
   * Its IPv4 or IPv6 addresses, 1-64. A target with `serverId` and no `address` has the first one; an interface (`"eni"`)
   * may be bound several times, with one of its addresses each. Where the first one changes, the old one serves until a
   * first check of the new one has ended.
   */
  addresses: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Only a `"Running"` one is bound and takes traffic. One that is bound and stops takes no new traffic, is `ineligible`
   * in `weir status`, and comes back by itself.
   * @default "Running"
   */
  status?: pulumi.Input<'Running' | 'Starting' | 'Stopping' | 'Stopped'>;
  /**
   * Its bandwidth in Mbit/s, from 0. With 0 it is not eligible; no other number limits anything.
   * @default not limited
   */
  bandwidthMbps?: pulumi.Input<number>;
  /**
   * When it expires, in RFC 3339, such as `"2027-01-31T00:00:00Z"`. From then on it is not eligible.
   * @default never
   */
  expiresAt?: pulumi.Input<string>;
  /**
   * True: it is taken out of traffic, and back in with false.
   * @default false
   */
  isolated?: pulumi.Input<boolean>;
  /**
   * An instance, a network interface or a container instance, which is also the `type` of its targets. The last two need
   * a load balancer of `performance: "guaranteed"`. Ids begin with `i-`, `eni-` or `eci-`; another kind replaces.
   * @default "ecs"
   */
  kind?: pulumi.Input<'ecs' | 'eni' | 'eci'>;
}

/**
 * A server that targets and auto scaling groups name by its id. Weir neither starts nor ends it, and unbinding does not
 * touch it: it says what is known of the server, by which the runtime decides whether it may take traffic.
 *
 * ```ts
 * const server = new weir.BackendServer("web1", { region: "eu-1", vpcId: "vpc-1", addresses: ["10.0.0.1"] });
 * new weir.TargetAttachment("web", { listenerId: http.id, targets: { web1: { serverId: server.id, port: 80 } } });
 * ```
 */
export class BackendServer extends Resource {
  /** An existing server, by its id; it is read, never changed or deleted. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): BackendServer {
    // What is read needs no arguments; the program's would be ignored.
    return new BackendServer(name, {} as BackendServerArgs, { ...opts, id });
  }

  constructor(name: string, args: BackendServerArgs, opts?: pulumi.CustomResourceOptions) {
    super('BackendServer', name, args, opts, []);
  }
}
