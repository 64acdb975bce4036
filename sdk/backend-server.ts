// The backend server: where a server is, and whether it may take traffic.
import type * as pulumi from '@pulumi/pulumi';
import type { AdoptionArgs } from './adoption.ts';
import { Resource } from './resource.ts';
import type { TagsArgs } from './tags.ts';

/** The arguments of a {@link BackendServer}; `region`, `vpcId` and `addresses` are required. */
export interface BackendServerArgs extends AdoptionArgs, TagsArgs {
  /** The region of the server, at most 255 characters; it must equal that of a load balancer that has one. */
  region: pulumi.Input<string>;
  /** The network (VPC) of the server, at most 255 characters; it must equal that of a load balancer that has one. */
  vpcId: pulumi.Input<string>;
  /**
   * The zone of the server, at most 255 characters; it must equal that of a load balancer that has one.
   * @default a server that fits any zone
   */
  zoneId?: pulumi.Input<string>;
  /**
   * The IPv4 or IPv6 addresses of the server, 1-64. A target with `serverId` and without `address` has the first one;
   * the others are for targets that name them, such as several targets on one network interface. When the first address
   * changes, the old one serves until a first check of the new one has ended.
   */
  addresses: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * The state of the server; only a `"Running"` one can be bound and takes traffic. A bound server in another state
   * gets no new traffic, is shown as `ineligible` by `weir status`, and takes traffic again when it is running.
   * @default "Running"
   */
  status?: pulumi.Input<'Running' | 'Starting' | 'Stopping' | 'Stopped'>;
  /**
   * The bandwidth of the server in Mbit/s, from 0. A server with 0 is not eligible; any other number has no effect.
   * @default not limited
   */
  bandwidthMbps?: pulumi.Input<number>;
  /**
   * The time at which the server expires, in RFC 3339, such as `"2027-01-31T00:00:00Z"`. From then on it is not
   * eligible.
   * @default never
   */
  expiresAt?: pulumi.Input<string>;
  /**
   * Whether the server is taken out of traffic.
   * @default false
   */
  isolated?: pulumi.Input<boolean>;
  /**
   * The kind of server: an instance (`"ecs"`), an elastic network interface (`"eni"`) or a container instance
   * (`"eci"`). Its targets name it as their `type`, and its id begins with it: `i-`, `eni-` or `eci-`. The last two
   * need a load balancer of `performance: "guaranteed"`. A change of the kind replaces the server.
   * @default "ecs"
   */
  kind?: pulumi.Input<'ecs' | 'eni' | 'eci'>;
}

/**
 * A server that targets and auto scaling groups name by its id. Weir neither starts nor stops it: the resource tells
 * the runtime what it has to know to decide whether the server may take traffic. Every argument but `kind` changes in
 * place.
 *
 * ```ts
 * const server = new weir.BackendServer("web1", { region: "eu-1", vpcId: "vpc-1", addresses: ["10.0.0.1"] });
 * new weir.TargetAttachment("web", { listenerId: http.id, targets: { web1: { serverId: server.id, port: 80 } } });
 * ```
 */
export class BackendServer extends Resource {
  /** Reads an existing server by its id, and never changes or deletes it. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): BackendServer {
    // A resource that is only read needs no arguments, and Pulumi would ignore them.
    return new BackendServer(name, {} as BackendServerArgs, { ...opts, id });
  }

  constructor(name: string, args: BackendServerArgs, opts?: pulumi.CustomResourceOptions) {
    super('BackendServer', name, args, opts, []);
  }
}
