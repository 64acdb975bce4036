// Listeners that share a VIP:port: one listener serves, the others wait until they may take over.
import { problemText, WeirError } from '../../../model/base/errors.ts';
import type { Kind } from '../../../model/base/kinds.ts';
import type { Draft, ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { isSameStack } from '../../stored/owner.ts';
import { nameOf } from '../../stored/references.ts';
import { isSame, laterOf, listenersAt, type VipPort, vipPortOf, vipPortsOf } from '../../stored/vip-ports.ts';
import { foreignBelow } from './blocked-renames.ts';

type Listener = StoredObject<'listeners'>;

/** The state of a written listener. A new or moved listener serves at once if no other listener has its VIP:port. */
export function servesSinceOf(
  view: ModelView,
  next: Listener,
  existing: Listener | undefined,
): { servesSince?: number } {
  const at = vipPortOf(view, next);
  if (existing !== undefined && isSame(vipPortOf(view, existing), at)) return only(existing.state.servesSince);
  const isHeld = listenersAt(view, at).some(({ id }) => id !== next.id);
  return isHeld ? {} : { servesSince: view.version + 1 };
}

/**
 * Throws `PortInUse` if a listener of another stack has the VIP:port. Within one stack a listener may wait for the
 * VIP:port of another listener, for example after a rename.
 */
export function refuseForeignEndpoint(view: ModelView, next: Listener, path: string): void {
  const at = vipPortOf(view, next);
  const occupants = listenersAt(view, at).filter(({ id }) => id !== next.id);
  const foreign = occupants.find((other) => other.owner === undefined || !isSameStack(other, next));
  if (foreign === undefined) return;
  const problem = { path, message: `${at.vip}:${at.port} is taken by ${nameOf(foreign)}: give another ${path}` };
  throw new WeirError('PortInUse', problemText(problem), [problem]);
}

/** Changes one object, and then decides which listener serves each VIP:port that the object has entered or left. */
export function changeEndpoints(draft: Draft, kind: Kind, id: string, change: () => void): void {
  const vipPorts = () => {
    const object = draft.get<Kind>(kind, id);
    return object === undefined ? [] : vipPortsOf(draft, object);
  };
  const before = vipPorts();
  change();
  const after = vipPorts();
  const entered = after.filter((at) => !before.some((other) => isSame(at, other)));
  const left = before.filter((at) => !after.some((other) => isSame(at, other)));
  if (kind === 'load-balancers') for (const at of entered) standBehind(draft, id, at);
  for (const at of [...entered, ...left]) settle(draft, at);
}

/** Warnings for a listener that does not serve its VIP:port. `nameFor`: names another listener for this caller. */
export function endpointWarnings(view: ModelView, listener: Listener, nameFor: (other: Listener) => string): string[] {
  const at = vipPortOf(view, listener);
  const { vip, port } = at;
  const serving = listenersAt(view, at).reduce(laterOf, listener);
  if (serving.id === listener.id) return [];
  if (listener.state.servesSince !== undefined) return [`${nameFor(serving)} has taken over ${vip}:${port}`];
  const waits = `waits behind ${nameFor(serving)} for ${vip}:${port}, until`;
  if (!isSameStack(serving, listener) || foreignBelow(view, serving).length === 0)
    return [`${waits} its own targets take traffic`];
  return [
    `${waits} other stacks have nothing below that one: to rename a listener that other stacks use, give an alias`,
  ];
}

/** Makes the listeners of a moved load balancer wait if a listener of another load balancer has the new VIP:port. */
function standBehind(draft: Draft, loadBalancerId: string, at: VipPort): void {
  const listeners = listenersAt(draft, at);
  if (listeners.every(({ properties }) => properties.loadBalancerId === loadBalancerId)) return;
  for (const listener of listeners) {
    if (listener.properties.loadBalancerId !== loadBalancerId || listener.state.servesSince === undefined) continue;
    const { servesSince: _, ...state } = listener.state;
    draft.put({ ...listener, state });
  }
}

/** Lets the listener that was written first serve a VIP:port, if no listener serves it. */
function settle(draft: Draft, at: VipPort): void {
  const listeners = listenersAt(draft, at);
  if (listeners.some(({ state }) => state.servesSince !== undefined)) return;
  const first = listeners.reduce<Listener | undefined>((a, b) => (a === undefined ? b : laterOf(a, b)), undefined);
  if (first !== undefined) letServe(draft, first);
}

/** Makes a listener the serving listener of its VIP:port from the next model version on. */
export function letServe(draft: Draft, listener: Listener): void {
  draft.put({ ...listener, state: { ...listener.state, servesSince: draft.version + 1 } });
}

function only(servesSince: number | undefined): { servesSince?: number } {
  return servesSince === undefined ? {} : { servesSince };
}
