// Which of the listeners of one VIP:port serves it, and which stand behind it: state and refusals of a write, and warnings.
import { problemText, WeirError } from '../../../model/base/errors.ts';
import type { Kind } from '../../../model/base/kinds.ts';
import type { Draft, ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { isSameStack } from '../../stored/owner.ts';
import { nameOf } from '../../stored/references.ts';
import { isSame, laterOf, listenersAt, type VipPort, vipPortOf, vipPortsOf } from '../../stored/vip-ports.ts';

type Listener = StoredObject<'listeners'>;

/** The state of a listener that is put: one that is new or has moved serves at once only where nobody else does. */
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

/** Within a stack one listener may wait for the VIP:port of another, as after a rename; nobody waits for another stack's. */
export function refuseForeignEndpoint(view: ModelView, next: Listener, vip: string, path: string): void {
  const { port } = next.properties;
  const holders = listenersAt(view, { vip, port }).filter(({ id }) => id !== next.id);
  const foreign = holders.find((other) => other.owner === undefined || !isSameStack(other, next));
  if (foreign === undefined) return;
  const problem = { path, message: `${vip}:${port} is taken by ${nameOf(foreign)}: give another one` };
  throw new WeirError('PortInUse', problemText(problem), [problem]);
}

/** Makes the change of one object, and sees to it that each VIP:port that it comes to or goes from has a listener that serves. */
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

/** What a listener's response says where it is not the one that serves; `nameFor`: the other one, as the caller may see it. */
export function endpointWarnings(view: ModelView, listener: Listener, nameFor: (other: Listener) => string): string[] {
  const { vip, port } = vipPortOf(view, listener);
  const serving = listenersAt(view, { vip, port }).reduce(laterOf, listener);
  if (serving.id === listener.id) return [];
  if (listener.state.servesSince !== undefined) return [`${nameFor(serving)} has taken ${vip}:${port} over`];
  return [`waits behind ${nameFor(serving)} for ${vip}:${port}: takes it over once targets of its own take traffic`];
}

/** The listeners of a load balancer that came to where another's listener serves wait behind that one. */
function standBehind(draft: Draft, loadBalancerId: string, at: VipPort): void {
  const listeners = listenersAt(draft, at);
  if (listeners.every(({ properties }) => properties.loadBalancerId === loadBalancerId)) return;
  for (const listener of listeners) {
    if (listener.properties.loadBalancerId !== loadBalancerId || listener.state.servesSince === undefined) continue;
    const { servesSince: _, ...state } = listener.state;
    draft.put({ ...listener, state });
  }
}

/** Where none has come to serve, the one that has been there longest does from now on. */
function settle(draft: Draft, at: VipPort): void {
  const listeners = listenersAt(draft, at);
  if (listeners.some(({ state }) => state.servesSince !== undefined)) return;
  const first = listeners.reduce<Listener | undefined>((a, b) => (a === undefined ? b : laterOf(a, b)), undefined);
  if (first !== undefined) letServe(draft, first);
}

export function letServe(draft: Draft, listener: Listener): void {
  draft.put({ ...listener, state: { ...listener.state, servesSince: draft.version + 1 } });
}

function only(servesSince: number | undefined): { servesSince?: number } {
  return servesSince === undefined ? {} : { servesSince };
}
