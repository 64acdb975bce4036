// The limits of a listener for its clients, as its snapshot has them.
import type { ListenerProperties } from '../../model/objects/listener.ts';
import type { ClientNetworks, ListenerSnapshot, RateSnapshot } from '../contract/snapshot.ts';

type ClientLimits = Pick<ListenerSnapshot, 'clientNetworks' | 'connectionRate' | 'requestRate' | 'clientRequestRate'>;

/** The networks by the properties that they are from, so that unchanged ones stay one object without a comparison. */
const networksOf = new WeakMap<ListenerProperties, ClientNetworks>();

export function compileClientLimits(properties: ListenerProperties): ClientLimits {
  const { connectionsPerSecond: connections, requestsPerSecond: requests } = properties;
  return {
    clientNetworks: compileNetworks(properties),
    connectionRate: compileRate(connections?.total, connections?.burst),
    requestRate: compileRate(requests?.total, requests?.burst),
    clientRequestRate: compileRate(requests?.perClient, requests?.burst),
  };
}

function compileNetworks(properties: ListenerProperties): ClientNetworks | undefined {
  const { allow, deny = [] } = properties;
  if (allow === undefined && deny.length === 0) return undefined;
  const known = networksOf.get(properties);
  if (known !== undefined) return known;
  const networks = Object.freeze({ allow, deny });
  networksOf.set(properties, networks);
  return networks;
}

/** `burst` is that of one second unless set. */
function compileRate(perSecond: number | undefined, burst = perSecond): RateSnapshot | undefined {
  if (perSecond === undefined || burst === undefined) return undefined;
  return Object.freeze({ perSecond, burst });
}
