// Changes of membership: the targets that a change of an attachment binds, unbinds and modifies.
import { canonicalAddress } from '../base/target-key.ts';
import type { IsKnown } from '../base/unknown.ts';
import { weightOf } from '../objects/target-attachment.ts';

/**
 * A value of a target. `undefined` if it is not known yet; `null` if there is none, such as the port of a classic load
 * balancer's target.
 */
export type Value = string | number | null | undefined;

export type MembershipChange =
  | ({ operation: 'bind'; name: string } & TargetValues)
  | { operation: 'unbind'; name: string }
  | { operation: 'weight' | 'port' | 'server' | 'address'; name: string; from: Value; to: Value };

/** The properties of an attachment that decide its membership. In a state or program, any of them may be unknown. */
export interface Membership {
  targets?: unknown;
  defaultPort?: unknown;
}

export interface TargetValues {
  server: Value;
  address: Value;
  port: Value;
  weight: Value;
}

/** The operations that turn one membership into another. Returns `undefined` if a whole map of targets is not known. */
export function membershipChanges(
  before: Membership,
  after: Membership,
  isKnown: IsKnown = () => true,
): MembershipChange[] | undefined {
  if (!isKnown(before.targets) || !isKnown(after.targets)) return undefined;
  const old = targetValues(before, isKnown);
  const next = targetValues(after, isKnown);
  const binds = [...next].filter(([name]) => !old.has(name));
  const unbinds = [...old.keys()].filter((name) => !next.has(name));
  const changed = (property: keyof TargetValues): MembershipChange[] =>
    [...next].flatMap(([name, values]) => {
      const was = old.get(name);
      // Two unknown values may differ, so they count as a change.
      if (was === undefined || (was[property] === values[property] && values[property] !== undefined)) return [];
      return [{ operation: property, name, from: was[property], to: values[property] }];
    });
  return [
    ...binds.map(([name, values]) => ({ operation: 'bind' as const, name, ...values })),
    ...unbinds.map((name) => ({ operation: 'unbind' as const, name })),
    ...changed('weight'),
    ...changed('port'),
    ...changed('server'),
    ...changed('address'),
  ];
}

export function targetValues({ targets, defaultPort }: Membership, isKnown: IsKnown): Map<string, TargetValues> {
  const isMap = typeof targets === 'object' && targets !== null;
  return new Map(Object.entries(isMap ? targets : {}).map(([name, target]) => [name, valuesOf(target)]));

  function valuesOf(target: unknown): TargetValues {
    if (!isKnown(target) || typeof target !== 'object' || target === null) {
      return { server: undefined, address: undefined, port: undefined, weight: undefined };
    }
    const { serverId, address, port, weight } = target as Record<string, unknown>;
    return {
      server: serverId === undefined ? null : known(serverId),
      address:
        address === undefined
          ? null
          : known(typeof address === 'string' && isKnown(address) ? canonicalAddress(address) : address),
      port: port === undefined && defaultPort === undefined ? null : known(port ?? defaultPort),
      weight:
        weight === null ? null : known(isKnown(weight) ? weightOf({ weight: weight as number | undefined }) : weight),
    };
  }

  function known(value: unknown): Value {
    return isKnown(value) && (typeof value === 'string' || typeof value === 'number') ? value : undefined;
  }
}
