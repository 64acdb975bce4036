// The connections that the runtime makes to targets, for traffic and checks, and the sockets at which it listens.
import { healthCheckOf } from '../../../model/objects/listener.ts';
import { type Transport, transportOf } from '../../../model/rules/connections.ts';
import { resolvedTargets } from '../../stored/attachments.ts';
import type { ModelView } from '../../stored/model.ts';
import type { Attachment, StoredObject } from '../../stored/object.ts';
import { vipPortOf } from '../../stored/vip-ports.ts';

type Listener = StoredObject<'listeners'>;

/** A listening socket of the runtime: of a listener, or of the API. */
export interface OwnEndpoint {
  readonly transport: Transport;
  readonly address: string;
  readonly port: number;
  readonly listener?: Listener;
}

/** A connection that the runtime makes to a target, for traffic or for a health check. */
export interface TargetConnection {
  readonly transport: Transport;
  readonly address: string;
  readonly port: number;
  readonly attachment: Attachment;
  readonly listenerId: string;
  /** The target's name in its attachment. */
  readonly target: string;
  readonly isCheck: boolean;
}

/** The part of a health check that decides where the check connects to. */
export interface CheckedPlace {
  readonly protocol: string;
  readonly port?: number | undefined;
}

export function listenerEndpoint(view: ModelView, listener: Listener): OwnEndpoint {
  const { transport, vip, port } = vipPortOf(view, listener);
  return { transport, address: vip, port, listener };
}

const known = new WeakMap<object, ReadonlyMap<number, readonly OwnEndpoint[]>>();

/** The listening sockets of all listeners, cached by model. */
export function endpointsByPort(view: ModelView): ReadonlyMap<number, readonly OwnEndpoint[]> {
  const model = view.toModel();
  const endpoints =
    known.get(model) ??
    Map.groupBy(
      [...model.list('listeners')].map((listener) => listenerEndpoint(model, listener)),
      ({ port }) => port,
    );
  known.set(model, endpoints);
  return endpoints;
}

/**
 * The connections to the targets of an attachment. A load balancer's attachment counts for each of its listeners, also
 * for those that have attachments of their own, because such a listener is served by it once those are deleted.
 * `isMeant`: whether a port is of interest. `listenerId`: connections of this listener only.
 */
export function connectionsOf(
  view: ModelView,
  attachment: Attachment,
  isMeant: (port: number) => boolean = () => true,
  listenerId?: string,
): TargetConnection[] {
  const targets = resolvedTargets(view, attachment);
  return serversOf(view, attachment, listenerId).flatMap(([listener, check]) => {
    const of = { attachment, listenerId: listener.id };
    return targets.flatMap(({ name: target, address, port: own }) => {
      const port = own ?? listener.properties.backendPort;
      if (port === undefined) return [];
      const connections: TargetConnection[] = [];
      const connect = (to: number, transport: Transport, isCheck: boolean) => {
        if (isMeant(to)) connections.push({ transport, address, port: to, ...of, target, isCheck });
      };
      connect(port, transportOf(listener.properties.protocol), false);
      if (check.protocol !== 'none') connect(check.port ?? port, transportOf(check.protocol), true);
      return connections;
    });
  });
}

/** The listeners that an attachment serves or may serve, each with the health check of the attachment's targets. */
function serversOf(
  view: ModelView,
  { properties: { ruleId, listenerId, loadBalancerId } }: Attachment,
  only: string | undefined,
): [Listener, CheckedPlace][] {
  if (ruleId !== undefined) {
    const rule = view.get('rules', ruleId);
    const listener = rule && view.get('listeners', rule.properties.listenerId);
    return rule === undefined || listener === undefined ? [] : [[listener, rule.properties.healthCheck]];
  }
  const withCheck = (listener: Listener): [Listener, CheckedPlace] => [listener, healthCheckOf(listener.properties)];
  const id = listenerId ?? only;
  if (id !== undefined) {
    const listener = view.get('listeners', id);
    return listener === undefined ? [] : [withCheck(listener)];
  }
  return [...view.list('listeners')]
    .filter(({ properties }) => properties.loadBalancerId === loadBalancerId)
    .map(withCheck);
}
