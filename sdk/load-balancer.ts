// The load balancer of a stack: the address that clients use.
import * as pulumi from '@pulumi/pulumi';
import { canonicalAddress } from '../provider/model/base/target-key.ts';
import type { AdoptionArgs } from './adoption.ts';
import { Resource } from './resource.ts';

/** The arguments of a {@link LoadBalancer}; all of them may be left out. */
export interface LoadBalancerArgs extends AdoptionArgs {
  /**
   * `"application"`: each target has a port and a weight of its own and is bound to a listener. `"classic"`: targets are
   * bound to the load balancer with a weight only, and each listener has the one `backendPort`. Another type replaces
   * the load balancer.
   * @default "application"
   */
  type?: pulumi.Input<'application' | 'classic'>;
  /**
   * The virtual IP, an IPv4 or IPv6 address of the machine that the runtime runs on, such as `"127.0.0.1"`. Load
   * balancers may share one; only address and port together are exclusive. A change is made in place.
   * @default one of the runtime's `--vip-pool`
   */
  address?: pulumi.Input<string>;
  /**
   * The region, at most 255 characters. Given, it is that of every {@link BackendServer} that is bound here; targets
   * without a server are not asked.
   * @default any region
   */
  region?: pulumi.Input<string>;
  /**
   * The network, at most 255 characters; compared as `region` is.
   * @default any network
   */
  vpcId?: pulumi.Input<string>;
  /**
   * The zone, at most 255 characters; compared as `region` is, with servers that name a zone.
   * @default any zone
   */
  zoneId?: pulumi.Input<string>;
  /**
   * Targets of type `"eni"` and `"eci"` need `"guaranteed"`. It does not limit what goes through.
   * @default "shared"
   */
  performance?: pulumi.Input<'shared' | 'guaranteed'>;
  /**
   * True: the load balancer is neither deleted nor replaced before this is false.
   * @default false
   */
  deletionProtection?: pulumi.Input<boolean>;
  /**
   * Texts of your own by name, which decide nothing; names and values have at most 255 characters.
   * @default none
   */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * A virtual IP that listeners share.
 *
 * ```ts
 * const lb = new weir.LoadBalancer("web", { address: "127.0.0.1" });
 * export const address = lb.vip;
 * ```
 */
export class LoadBalancer extends Resource {
  /** The virtual IP. Known in preview already where `address` is given. */
  declare readonly vip: pulumi.Output<string>;

  /** An existing load balancer, by its id; it is read, never changed or deleted. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): LoadBalancer {
    return new LoadBalancer(name, {}, { ...opts, id });
  }

  constructor(name: string, args: LoadBalancerArgs = {}, opts?: pulumi.CustomResourceOptions) {
    super('LoadBalancer', name, args, opts, ['vip']);
    if (args.address !== undefined && pulumi.runtime.isDryRun()) this.vip = previewedVip(this, args.address);
  }
}

/** The engine takes every output for unknown when anything changes; this one is known by its argument. */
function previewedVip({ urn, vip }: LoadBalancer, given: pulumi.Input<string>): pulumi.Output<string> {
  // The URN brings the dependency on the load balancer along.
  return pulumi.all([urn, given]).apply(([, address]) => (address ? pulumi.output(canonicalAddress(address)) : vip));
}
