// The helper `targets`: a map of targets from a list of addresses and ports.
import { isIP } from 'node:net';
import * as pulumi from '@pulumi/pulumi';
import { hostNameAdvice } from '../provider/model/base/address-advice.ts';
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
  if (!Array.isArray(entries)) throw new Error('weir.targets: the addresses must be a list, such as ["10.0.0.1:80"]');
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
      `weir.targets: ${shown(entry)} is not an address and port such as "10.0.0.1:80" or "[::1]:80"${adviceOn(entry)}`,
    );
  }
  return { address, port };
}

function shown(entry: unknown): string {
  return pulumi.Output.isInstance(entry) ? 'an output' : JSON.stringify(entry);
}

function adviceOn(entry: unknown): string {
  if (pulumi.Output.isInstance(entry)) return ': write it as a target, as in { b1: { address: output, port: 80 } }';
  if (typeof entry !== 'string') return '';
  return isIP(entry) === 0 ? hostNameAdvice(entry) : ': add the port';
}
