// The service: a load balancer with its listeners, health checks and targets, from one description.
import * as pulumi from '@pulumi/pulumi';
import { ForwardingRule } from './forwarding-rule.ts';
import type { HealthCheckArgs } from './health-check.ts';
import { Listener, type ListenerArgs } from './listener.ts';
import { LoadBalancer, type LoadBalancerArgs } from './load-balancer.ts';
import { random } from './random.ts';
import { mapProblems, refuse } from './refusal.ts';
import type { StickySessionArgs } from './sticky-session.ts';
import { TargetAttachment, type TargetAttachmentArgs } from './target-attachment.ts';

/**
 * The arguments of a {@link TargetAttachment} that a service passes on: which targets there are, and how they are
 * bound.
 */
export type ServiceTargetsArgs = Partial<
  Pick<
    TargetAttachmentArgs,
    'targets' | 'defaultPort' | 'manageWeights' | 'awaitHealthySeconds' | 'handoverSeconds' | 'awaitDrainSeconds'
  >
>;

/** A sticky session of a service's listener; its `cookieKey` and `cookieName` are created if they are not given. */
export interface ServiceStickySessionArgs extends StickySessionArgs {
  /** How a client is recognised, as for {@link StickySessionArgs}; it cannot be an output. */
  type: 'cookie' | 'source-ip';
}

/** One listener of a {@link Service}: the arguments of a {@link Listener}, and targets of its own if it has any. */
export interface ServiceListenerArgs
  extends Omit<ListenerArgs, 'loadBalancerId' | 'stickySession'>,
    ServiceTargetsArgs {
  /**
   * How a client returns to the target that it had before. Without `cookieKey` the key is a RandomPassword, which
   * outlives the runtime; without `cookieName` the name ends with a RandomId, so that services on one host do not
   * overwrite each other's cookies.
   * @default each connection or request is distributed anew
   */
  stickySession?: ServiceStickySessionArgs;
}

/** The arguments of a {@link Service}: those of its {@link LoadBalancer}, its listeners, and their targets. */
export interface ServiceArgs<Name extends string = string> extends LoadBalancerArgs, ServiceTargetsArgs {
  /**
   * The listeners by names of your own, as plain objects. A listener is known by its name, so another port under the
   * same name is a change in place.
   */
  listeners: Record<Name, ServiceListenerArgs>;
  /**
   * The targets of every listener that has none of its own, including listeners that other parts of the program add to
   * the load balancer. `defaultPort`, `manageWeights`, `awaitHealthySeconds`, `handoverSeconds` and `awaitDrainSeconds`
   * beside it also count for the listeners' own targets, unless a listener has its own; `awaitDrainSeconds` also for the
   * deletion of a listener.
   */
  targets?: ServiceTargetsArgs['targets'];
  /**
   * Whether a listener for HTTP, on port 80 or on the given port, redirects every request to the one listener of the
   * service whose protocol is `"HTTPS"`. Host, path and query stay; the status is 301. It is a {@link Listener} of the
   * name of the service and `-http-redirect`, with a {@link ForwardingRule} of the same name.
   * @default false
   */
  redirectHttp?: boolean | number;
  /**
   * The tags of the load balancer, and of each listener and attachment of the service, unless the listener has tags of
   * its own.
   * @default none
   */
  tags?: LoadBalancerArgs['tags'];
  /**
   * How the targets of listeners without a `healthCheck` of their own are checked.
   * @default a TCP check every 5 s; no check for UDP
   */
  healthCheck?: pulumi.Input<HealthCheckArgs>;
}

/**
 * A load balancer with its listeners and their targets in one description. Each part is a resource below the component,
 * so a change of one port, weight or target changes that one resource, in place. Use the ids of these resources to add
 * forwarding rules, or the targets of a {@link Canary}.
 *
 * The resources are named after the service: `shop` is the load balancer, and the attachment of `targets`; `shop-http`
 * is the listener `http`, and the attachment of its own targets; `shop-http-redirect` is the listener of `redirectHttp`,
 * and its rule.
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
  /** The load balancer, whose virtual IP is that of the service. */
  readonly loadBalancer: LoadBalancer;
  /** The listeners of the service by their names. */
  readonly listeners: Readonly<Record<Name, Listener>>;
  /** The listener of `redirectHttp`. `undefined` if there is none. */
  readonly redirectListener: Listener | undefined;
  /** The attachment of the service's own `targets`. `undefined` if there are none. */
  readonly attachment: TargetAttachment | undefined;
  /** The attachments of the listeners' own targets, by the listeners' names. */
  readonly attachments: Readonly<Partial<Record<Name, TargetAttachment>>>;
  /** The virtual IP. It is known in the first preview if `address` is given. */
  readonly vip: pulumi.Output<string>;
  /**
   * The URL that clients use, such as `"http://127.0.0.1:80"`, by the listeners' names. They are known in the first
   * preview if `address` is given.
   */
  readonly endpoints: pulumi.Output<Record<Name, string>>;

  constructor(name: string, args: ServiceArgs<Name>, opts?: pulumi.ComponentResourceOptions) {
    const { listeners, healthCheck, tags, redirectHttp, ...rest } = args;
    const problems = mapProblems('listeners', listeners);
    refuse('weir.Service', name, problems.length > 0 ? problems : redirectProblems(redirectHttp, listeners));
    super('weir:index:Service', name, {}, opts);
    const { own: shared, others: loadBalancer } = takeTargets(rest);
    this.loadBalancer = new LoadBalancer(name, { ...loadBalancer, tags }, { parent: this });
    const loadBalancerId = this.loadBalancer.id;

    const made: Record<string, Listener> = {};
    const attachments: Record<string, TargetAttachment> = {};
    for (const [key, description] of Object.entries<ServiceListenerArgs>(listeners)) {
      const child = `${name}-${key}`;
      const { own, others } = takeTargets(description);
      const stickySession = this.#stickySession(child, description.stickySession);
      const { awaitDrainSeconds = shared.awaitDrainSeconds } = own;
      const listener = { healthCheck, tags, ...others, stickySession, awaitDrainSeconds, loadBalancerId };
      made[key] = new Listener(child, listener, { parent: this });
      const { targets } = own;
      if (targets === undefined) continue;
      const attachment = { ...shared, ...own, targets, listenerId: made[key].id, tags: listener.tags };
      attachments[key] = new TargetAttachment(child, attachment, { parent: this });
    }
    const { targets } = shared;
    if (targets !== undefined) {
      this.attachment = new TargetAttachment(name, { ...shared, targets, loadBalancerId, tags }, { parent: this });
    }

    const [https] = secureOf(listeners);
    if (redirectHttp !== undefined && redirectHttp !== false && https !== undefined) {
      this.redirectListener = this.#redirect(name, redirectHttp === true ? 80 : redirectHttp, listeners[https], tags);
    }

    this.listeners = made as Record<Name, Listener>;
    this.attachments = attachments as Partial<Record<Name, TargetAttachment>>;
    this.vip = this.loadBalancer.vip;
    const endpoints = Object.entries(made).map(([key, { endpoint }]) => [key, endpoint] as const);
    this.endpoints = pulumi.output(Object.fromEntries(endpoints)) as pulumi.Output<Record<Name, string>>;
    this.registerOutputs({ vip: this.vip, endpoints: this.endpoints });
  }

  /** A listener that redirects every request to the given one. What stands in front of that one stands before both. */
  #redirect(name: string, port: number, to: ServiceListenerArgs, tags: ServiceArgs['tags']): Listener {
    const child = `${name}-http-redirect`;
    const { acceptProxyProtocol, trustedProxies, tags: own = tags } = to;
    const listener = new Listener(
      child,
      {
        loadBalancerId: this.loadBalancer.id,
        protocol: 'HTTP',
        port,
        // Targets of the whole service serve this listener too, and get no request from it.
        healthCheck: { protocol: 'none' },
        acceptProxyProtocol,
        trustedProxies,
        tags: own,
      },
      { parent: this },
    );
    const redirect = { protocol: 'HTTPS', port: to.port } as const;
    new ForwardingRule(child, { listenerId: listener.id, path: '/', redirect, tags: own }, { parent: this });
    return listener;
  }

  #stickySession(name: string, given: ServiceStickySessionArgs | undefined): StickySessionArgs | undefined {
    if (given?.type !== 'cookie') return given;
    const { RandomId, RandomPassword } = random();
    const parent = { parent: this };
    const cookieName =
      given.cookieName ??
      // Under Pulumi's mocks, the id may have no value.
      new RandomId(`${name}-cookie`, { byteLength: 4 }, parent).hex.apply((hex = '00000000') => `weir-${hex}`);
    const cookieKey =
      given.cookieKey ?? new RandomPassword(`${name}-cookie`, { length: 32, special: false }, parent).result;
    return { ...given, cookieName, cookieKey };
  }
}

/** The names of the listeners that are known to be HTTPS. */
function secureOf<Name extends string>(listeners: Readonly<Record<Name, ServiceListenerArgs>>): Name[] {
  const names = Object.keys(listeners) as Name[];
  return names.filter((key) => listeners[key].protocol === 'HTTPS');
}

function redirectProblems(redirectHttp: unknown, listeners: Readonly<Record<string, ServiceListenerArgs>>): string[] {
  if (redirectHttp === undefined || redirectHttp === false) return [];
  const count = secureOf(listeners).length;
  if (count === 1) return [];
  return [`redirectHttp needs one listener with protocol "HTTPS" to which it leads, and there are ${count}`];
}

/**
 * Splits arguments into those about targets and the rest. An undefined argument is left out, so that it does not
 * override the argument of the same name that the Service as a whole has.
 */
function takeTargets<T extends ServiceTargetsArgs>(
  args: T,
): { own: ServiceTargetsArgs; others: Omit<T, keyof ServiceTargetsArgs> } {
  const { targets, defaultPort, manageWeights, awaitHealthySeconds, handoverSeconds, awaitDrainSeconds, ...others } =
    args;
  const all = { targets, defaultPort, manageWeights, awaitHealthySeconds, handoverSeconds, awaitDrainSeconds };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return { own: Object.fromEntries(given), others };
}
