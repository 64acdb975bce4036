// The VIP:port of listeners: which listeners share one VIP:port, and which of them serves it. TCP and UDP ports differ.
import { type Transport, transportOf } from '../../model/rules/connections.ts';
import type { ModelView } from './model.ts';
import type { StoredObject } from './object.ts';

type Listener = StoredObject<'listeners'>;

/** An address and port of one transport: a TCP and a UDP listener may have the same address and port number. */
export interface VipPort {
  readonly transport: Transport;
  readonly vip: string;
  readonly port: number;
}

/** Ids of the serving listeners. There is one for each VIP:port, even if several load balancers share an address. */
export function servingListeners(view: ModelView): ReadonlySet<string> {
  const serving = new Map<string, Listener>();
  for (const listener of view.list('listeners')) {
    const { transport, vip, port } = vipPortOf(view, listener);
    const key = `${transport} ${vip} ${port}`;
    const other = serving.get(key);
    serving.set(key, other === undefined ? listener : laterOf(other, listener));
  }
  return new Set([...serving.values()].map(({ id }) => id));
}

/** The one of two listeners that began to serve later. If neither ever served, the listener that was written first. */
export function laterOf(a: Listener, b: Listener): Listener {
  const difference = (b.state.servesSince ?? 0) - (a.state.servesSince ?? 0);
  return difference > 0 || (difference === 0 && b.version < a.version) ? b : a;
}

export function listenersAt(view: ModelView, at: VipPort): Listener[] {
  // Compares ports first, because only the address of a listener needs a look-up of its load balancer.
  return [...view.list('listeners')].filter((listener) => {
    return listener.properties.port === at.port && isSame(vipPortOf(view, listener), at);
  });
}

/** The VIP:ports of a listener, or of all listeners of a load balancer. The object need not be part of the view. */
export function vipPortsOf(view: ModelView, object: StoredObject): VipPort[] {
  if (object.kind === 'listeners') return [vipPortOf(view, object)];
  if (object.kind !== 'load-balancers') return [];
  const own = [...view.list('listeners')].filter(({ properties }) => properties.loadBalancerId === object.id);
  return own.map((listener) => vipPortAt(object.state.vip, listener));
}

export function vipPortOf(view: ModelView, listener: Listener): VipPort {
  return vipPortAt(view.get('load-balancers', listener.properties.loadBalancerId)?.state.vip ?? '', listener);
}

function vipPortAt(vip: string, { properties: { protocol, port } }: Listener): VipPort {
  return { transport: transportOf(protocol), vip, port };
}

export function isSame(a: VipPort, b: VipPort): boolean {
  return a.transport === b.transport && a.vip === b.vip && a.port === b.port;
}
