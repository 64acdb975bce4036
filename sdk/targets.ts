// The helper `targets`: a map of targets from a list of addresses and ports.
import { isIP } from 'node:net';
import { targetKey } from '../provider/model/base/target-key.ts';
import type { TargetArgs } from './target-attachment.ts';

/** The properties that all targets of a list have in common. */
export type SharedTargetArgs = Omit<TargetArgs, 'serverId' | 'address' | 'port'>;

/**
 * Makes the `targets` of an attachment from a list of addresses and ports, which are also their names; `shared` has the
 * properties that all of them get. Throws if an entry is not `address:port`, with an IPv6 address in brackets, or if
 * two entries mean the same target.
 *
 * ```ts
 * const pool = weir.targets(["10.0.0.1:80", "[2001:db8::1]:80"], { weight: 50 });
 * ```
 */
export function targets(entries: readonly string[], shared: SharedTargetArgs = {}): Record<string, TargetArgs> {
  const map: Record<string, TargetArgs> = {};
  for (const entry of entries) {
    const target = parse(entry);
    const key = targetKey(target.address, target.port);
    if (Object.hasOwn(map, key)) throw new Error(`weir.targets: ${entry} is given twice`);
    map[key] = { ...target, ...shared };
  }
  return map;
}

function parse(entry: string): { address: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(entry);
  const address = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  if (isIP(address) !== (match?.[1] === undefined ? 4 : 6) || !(port >= 1 && port <= 65_535)) {
    throw new Error(
      `weir.targets: ${JSON.stringify(entry)} is not an address and port such as "10.0.0.1:80" or "[::1]:80"`,
    );
  }
  return { address, port };
}
