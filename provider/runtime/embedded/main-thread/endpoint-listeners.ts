// The choice of one listener for each endpoint of a snapshot, and the refusals for listeners that overlap. Pure.
import type { Refusal } from '../../contract/engine.ts';
import type { ListenerSnapshot, Snapshot } from '../../contract/snapshot.ts';
import { endpointNameOf, overlaps, toEndpoint } from '../shared/endpoint.ts';

interface EndpointListeners {
  /** Listeners by endpoint name. */
  readonly byEndpoint: ReadonlyMap<string, ListenerSnapshot>;
  readonly refusals: readonly Refusal[];
}

/**
 * If listeners overlap, the one that is served keeps its endpoint and the newer ones are refused. If none is served,
 * the first listener gets the endpoint.
 */
export function endpointListeners(
  next: Snapshot,
  isServed: (listener: ListenerSnapshot) => boolean,
): EndpointListeners {
  const refusals: Refusal[] = [];
  const byPort = new Map<string, ListenerSnapshot[]>();
  for (const listener of next.listeners.values()) {
    const { transport, port } = toEndpoint(listener);
    const others = byPort.get(`${transport} ${port}`) ?? [];
    const rivals = others.filter((other) => overlaps(toEndpoint(other), toEndpoint(listener)));
    const winner = isServed(listener) ? rivals.find(isServed) : rivals[0];
    if (winner) {
      refusals.push(inUse(listener, winner));
      continue;
    }
    for (const rival of rivals) refusals.push(inUse(rival, listener));
    byPort.set(`${transport} ${port}`, [...others.filter((other) => !rivals.includes(other)), listener]);
  }
  const byEndpoint = new Map([...byPort.values()].flat().map((listener) => [endpointNameOf(listener), listener]));
  return { byEndpoint, refusals };
}

function inUse({ id }: ListenerSnapshot, winner: ListenerSnapshot): Refusal {
  const message = `${endpointNameOf(winner)} is in use by listener ${winner.id}: choose another port.`;
  return { listenerId: id, code: 'PortInUse', problem: { path: 'port', message } };
}
