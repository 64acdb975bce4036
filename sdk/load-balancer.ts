// The load balancer: the address that clients use.
import * as pulumi from '@pulumi/pulumi';
import { canonicalAddress } from '../provider/model/base/target-key.ts';
import type { AdoptionArgs } from './adoption.ts';
import { isAsGiven, knownOutput } from './known-output.ts';
import { Resource } from './resource.ts';
import type { TagsArgs } from './tags.ts';

/** The arguments of a {@link LoadBalancer}; all of them are optional. */
export interface LoadBalancerArgs extends AdoptionArgs, TagsArgs {
  /**
   * Where targets are bound. `"application"`: to listeners and forwarding rules, each target with a port of its own.
   * `"classic"`: to the load balancer itself, for all its listeners; each listener connects to its `backendPort` at
   * every target. A change of the type replaces the load balancer.
   * @default "application"
   */
  type?: pulumi.Input<'application' | 'classic'>;
  /**
   * The virtual IP (VIP): an IPv4 or IPv6 address of the machine on which the runtime runs, such as `"127.0.0.1"`. Load
   * balancers may share an address, as long as no two listeners have the same address and port.
   * @default an address of the runtime's `--vip-pool`
   */
  address?: pulumi.Input<string>;
  /**
   * The region, at most 255 characters. If it is given, every {@link BackendServer} that is bound must be in the same
   * region; targets without a server are not compared.
   * @default servers of any region
   */
  region?: pulumi.Input<string>;
  /**
   * The network (VPC), at most 255 characters; compared as `region` is.
   * @default servers of any network
   */
  vpcId?: pulumi.Input<string>;
  /**
   * The zone, at most 255 characters; compared as `region` is, with servers that have a zone.
   * @default servers of any zone
   */
  zoneId?: pulumi.Input<string>;
  /**
   * The class of performance. Targets of type `"eni"` and `"eci"` can be bound only if it is `"guaranteed"`; it limits
   * nothing else.
   * @default "shared"
   */
  performance?: pulumi.Input<'shared' | 'guaranteed'>;
  /**
   * Whether deleting and replacing the load balancer is refused until this is set to false.
   * @default false
   */
  deletionProtection?: pulumi.Input<boolean>;
  /**
   * The stacks that may have listeners and attachments on the load balancer, beside the stack that owns it. They are
   * given by at most 64 patterns of the form `"PROJECT/STACK"`, in either part of which `*` is any text. They may also
   * have rules and attachments on those of its listeners and rules that the stack of the load balancer owns. When a
   * pattern is removed, its stacks can still change and delete what they have there, but add nothing.
   *
   * ```ts
   * new weir.LoadBalancer("edge", { sharedWith: ["shop/*", "billing/prod"] });
   * ```
   * @default none
   */
  sharedWith?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * A virtual IP, at which listeners accept traffic. Every argument but `type` changes in place.
 *
 * ```ts
 * const lb = new weir.LoadBalancer("web", { address: "127.0.0.1" });
 * export const address = lb.vip;
 * ```
 */
export class LoadBalancer extends Resource {
  /** The virtual IP. It is known in the first preview if `address` is given. */
  declare readonly vip: pulumi.Output<string>;

  /** Reads an existing load balancer by its id, and never changes or deletes it. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): LoadBalancer {
    return new LoadBalancer(name, {}, { ...opts, id });
  }

  constructor(name: string, args: LoadBalancerArgs = {}, opts?: pulumi.CustomResourceOptions) {
    super('LoadBalancer', name, args, opts, ['vip']);
    const { address } = args;
    if (address !== undefined && isAsGiven(opts, ['address'])) {
      const expected = pulumi
        .output(address)
        .apply((given) => (typeof given === 'string' ? canonicalAddress(given) : undefined));
      this.vip = knownOutput(this, this.vip, expected);
      vipsOfIds.set(this.id, this.vip);
    }
  }
}

/** The virtual IPs that the program gives, by the id outputs of their load balancers. */
const vipsOfIds = new WeakMap<object, pulumi.Output<string>>();

/** The virtual IP of the load balancer with the id. Returns `undefined` if the program does not give its address. */
export function givenVip(loadBalancerId: pulumi.Input<string>): pulumi.Output<string> | undefined {
  return pulumi.Output.isInstance(loadBalancerId) ? vipsOfIds.get(loadBalancerId) : undefined;
}
