// The surroundings of a runtime: the addresses of its machine and its API, and the networks that its operator denies.
import type { Networks } from '../../../model/base/networks.ts';
import { denyingNetwork, type TargetNetworks } from '../../../model/rules/connections.ts';

/** What decides where the runtime may connect to, besides the model. */
export interface Surroundings {
  /** Addresses of this machine, which a listening socket on a wildcard address covers. */
  readonly machine: Networks;
  /** Addresses and ports of the API. */
  readonly api: readonly { readonly address: string; readonly port: number }[];
  readonly networks: TargetNetworks;
}

/** Cache of denied networks by resolved target, because a response has the warnings of up to 500 unchanged targets. */
const denials = new WeakMap<TargetNetworks, WeakMap<object, string | undefined>>();

/** The denied network that a resolved target is in. Returns `undefined` if it is in none. */
export function denialOf(target: { readonly address: string }, networks: TargetNetworks): string | undefined {
  const known = denials.get(networks) ?? new WeakMap<object, string | undefined>();
  denials.set(networks, known);
  if (!known.has(target)) known.set(target, denyingNetwork(networks, target.address));
  return known.get(target);
}
