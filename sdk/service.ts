// The service of a stack: a load balancer with its listeners, health checks and targets, from one description.
import * as pulumi from '@pulumi/pulumi';
import type { HealthCheckArgs } from './health-check.ts';
import { Listener, type ListenerArgs } from './listener.ts';
import { LoadBalancer, type LoadBalancerArgs } from './load-balancer.ts';
import { random } from './random.ts';
import { mapProblems, refuse } from './refusal.ts';
import type { StickySessionArgs } from './sticky-session.ts';
import { TargetAttachment, type TargetAttachmentArgs } from './target-attachment.ts';

/** Which targets there are and how they are bound, as for a {@link TargetAttachment}. */
export type ServiceTargetsArgs = Partial<
  Pick<TargetAttachmentArgs, 'targets' | 'defaultPort' | 'manageWeights' | 'awaitHealthySeconds' | 'handoverSeconds'>
>;

/** A sticky session of a service's listener: its key and its cookie's name are made where they are not given. */
export interface ServiceStickySessionArgs extends StickySessionArgs {
  type: 'cookie' | 'source-ip';
}

/** One listener of a {@link Service}: the arguments of a {@link Listener}, and targets of its own if it has any. */
export interface ServiceListenerArgs
  extends Omit<ListenerArgs, 'loadBalancerId' | 'stickySession'>,
    ServiceTargetsArgs {
  /**
   * How a client keeps its target. For a cookie without `cookieKey` a RandomPassword is made, and without `cookieName` a
   * RandomId that the name ends with: services of one host do not overwrite each other's cookies then, and the key
   * outlives the runtime.
   * @default each connection or request is balanced anew
   */
  stickySession?: ServiceStickySessionArgs;
}

/** The arguments of a {@link Service}: those of a {@link LoadBalancer}, its listeners, and their targets. */
export interface ServiceArgs<Name extends string = string> extends LoadBalancerArgs, ServiceTargetsArgs {
  /** The listeners by names of your own, as plain objects. The name is what a listener is known by: its port changes in place. */
  listeners: Record<Name, ServiceListenerArgs>;
  /**
   * The targets of every listener that has none of its own, also of those that other parts of the program add to the
   * load balancer. `defaultPort` and the other arguments of an attachment count for listeners' own targets too, where
   * they do not say otherwise.
   */
  targets?: ServiceTargetsArgs['targets'];
  /**
   * How targets are checked where a listener does not say it itself.
   * @default a TCP connect every 5 s; for UDP no check
   */
  healthCheck?: pulumi.Input<HealthCheckArgs>;
}

/**
 * A load balancer, its listeners and their targets in one description. Each is a resource of its own below this one, so
 * a change of one port, weight or target changes that one child, in place. Forwarding rules, or targets that a
 * {@link Canary} binds, are added by the children's ids.
 *
 * The children are named for the service: `shop` is the load balancer, and the attachment of `targets`; `shop-http` the
 * listener `http`, and the attachment of its own targets.
 *
 * ```ts
 * const shop = new weir.Service("shop", {
 *   address: "127.0.0.1",
 *   listeners: {
 *     http: { protocol: "HTTP", port: 80, stickySession: { type: "cookie" } },
 *     db: { protocol: "TCP", port: 5432, targets: { primary: { address: "10.0.0.9", port: 5432 } } },
 *   },
 *   targets: weir.targets(["10.0.0.1:8080", "10.0.0.2:8080"]),
 *   healthCheck: { intervalSeconds: 2 },
 * });
 * export const url = shop.endpoints.http;
 * const rule = new weir.ForwardingRule("api", { listenerId: shop.listeners.http.id, path: "/api" });
 * ```
 */
export class Service<Name extends string = string> extends pulumi.ComponentResource {
  /** Its virtual IP is the service's. */
  readonly loadBalancer: LoadBalancer;
  /** By the names of the description. */
  readonly listeners: Readonly<Record<Name, Listener>>;
  /** What binds `targets`; undefined where there are none. */
  readonly attachment: TargetAttachment | undefined;
  /** What binds listeners' own targets, by the listeners' names. */
  readonly attachments: Readonly<Partial<Record<Name, TargetAttachment>>>;
  /** The virtual IP. Known in preview already where `address` is given. */
  readonly vip: pulumi.Output<string>;
  /** Where clients reach each listener, such as `"http://127.0.0.1:80"`. */
  readonly endpoints: pulumi.Output<Record<Name, string>>;

  constructor(name: string, args: ServiceArgs<Name>, opts?: pulumi.ComponentResourceOptions) {
    const { listeners, healthCheck, ...rest } = args;
    refuse('weir.Service', name, mapProblems('listeners', listeners));
    super('weir:index:Service', name, {}, opts);
    const { own: shared, others: loadBalancer } = takeTargets(rest);
    this.loadBalancer = new LoadBalancer(name, loadBalancer, { parent: this });
    const loadBalancerId = this.loadBalancer.id;

    const made: Record<string, Listener> = {};
    const attachments: Record<string, TargetAttachment> = {};
    for (const [key, description] of Object.entries<ServiceListenerArgs>(listeners)) {
      const child = `${name}-${key}`;
      const { own, others } = takeTargets(description);
      const stickySession = this.#stickySession(child, description.stickySession);
      const listener = { healthCheck, ...others, stickySession, loadBalancerId };
      made[key] = new Listener(child, listener, { parent: this });
      const { targets } = own;
      if (targets === undefined) continue;
      const attachment = { ...shared, ...own, targets, listenerId: made[key].id };
      attachments[key] = new TargetAttachment(child, attachment, { parent: this });
    }
    const { targets } = shared;
    if (targets !== undefined) {
      this.attachment = new TargetAttachment(name, { ...shared, targets, loadBalancerId }, { parent: this });
    }

    this.listeners = made as Record<Name, Listener>;
    this.attachments = attachments as Partial<Record<Name, TargetAttachment>>;
    this.vip = this.loadBalancer.vip;
    const endpoints = Object.entries(made).map(([key, { endpoint }]) => [key, endpoint] as const);
    this.endpoints = pulumi.output(Object.fromEntries(endpoints)) as pulumi.Output<Record<Name, string>>;
    this.registerOutputs({ vip: this.vip, endpoints: this.endpoints });
  }

  #stickySession(name: string, given: ServiceStickySessionArgs | undefined): StickySessionArgs | undefined {
    if (given?.type !== 'cookie') return given;
    const { RandomId, RandomPassword } = random();
    const parent = { parent: this };
    const cookieName =
      given.cookieName ?? pulumi.interpolate`weir-${new RandomId(`${name}-cookie`, { byteLength: 4 }, parent).hex}`;
    const cookieKey =
      given.cookieKey ?? new RandomPassword(`${name}-cookie`, { length: 32, special: false }, parent).result;
    return { ...given, cookieName, cookieKey };
  }
}

/** What is about targets, and the rest. What is not given stays out, so that it covers nothing. */
function takeTargets<T extends ServiceTargetsArgs>(
  args: T,
): { own: ServiceTargetsArgs; others: Omit<T, keyof ServiceTargetsArgs> } {
  const { targets, defaultPort, manageWeights, awaitHealthySeconds, handoverSeconds, ...others } = args;
  const given = Object.entries({ targets, defaultPort, manageWeights, awaitHealthySeconds, handoverSeconds }).filter(
    ([, value]) => value !== undefined,
  );
  return { own: Object.fromEntries(given), others };
}
