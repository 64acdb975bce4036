// Which listeners share an address and port, and which of them serves it.
import type { ModelView } from './model.ts';
import type { StoredObject } from './object.ts';

type Listener = StoredObject<'listeners'>;

export interface VipPort {
  readonly vip: string;
  readonly port: number;
}

/** Of the listeners of each VIP:port the one that came to serve it last. Load balancers may share an address. */
export function servingListeners(view: ModelView): ReadonlySet<string> {
  const serving = new Map<string, Listener>();
  for (const listener of view.list('listeners')) {
    const { vip, port } = vipPortOf(view, listener);
    const other = serving.get(`${vip} ${port}`);
    serving.set(`${vip} ${port}`, other === undefined ? listener : laterOf(other, listener));
  }
  return new Set([...serving.values()].map(({ id }) => id));
}

/** Which of two serves; of two that never did the one that was written first. */
export function laterOf(a: Listener, b: Listener): Listener {
  const difference = (b.state.servesSince ?? 0) - (a.state.servesSince ?? 0);
  return difference > 0 || (difference === 0 && b.version < a.version) ? b : a;
}

export function listenersAt(view: ModelView, at: VipPort): Listener[] {
  // The port first: it is at hand, and few have it.
  return [...view.list('listeners')].filter((listener) => {
    return listener.properties.port === at.port && isSame(vipPortOf(view, listener), at);
  });
}

/** Of a listener, or of each listener of a load balancer; the object need not be in the view yet. */
export function vipPortsOf(view: ModelView, object: StoredObject): VipPort[] {
  if (object.kind === 'listeners') return [vipPortOf(view, object)];
  if (object.kind !== 'load-balancers') return [];
  const own = [...view.list('listeners')].filter(({ properties }) => properties.loadBalancerId === object.id);
  return own.map(({ properties: { port } }) => ({ vip: object.state.vip, port }));
}

export function vipPortOf(view: ModelView, { properties: { loadBalancerId, port } }: Listener): VipPort {
  return { vip: view.get('load-balancers', loadBalancerId)?.state.vip ?? '', port };
}

export function isSame(a: VipPort, b: VipPort): boolean {
  return a.vip === b.vip && a.port === b.port;
}
