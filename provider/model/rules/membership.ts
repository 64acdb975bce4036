// What a change of an attachment's targets, or of a group's members, does to membership: operations, and the one line
// that a preview shows.
import { inOneLine } from '../base/one-line.ts';
import { canonicalAddress, targetKey } from '../base/target-key.ts';
import { weightOf } from '../objects/target-attachment.ts';

/** As many as stand in one line; the others are counted. */
const MAX_CHANGES_SHOWN = 10;

const NOT_KNOWN = '(known after up)';

/** Undefined: not known yet. Null: there is none, as for the port of a classic load balancer's target. */
type Value = string | number | null | undefined;

export type MembershipChange =
  | ({ operation: 'bind'; name: string } & Wire)
  | { operation: 'unbind'; name: string }
  | { operation: 'weight' | 'port' | 'server' | 'address'; name: string; from: Value; to: Value };

/** The part of an attachment that decides its membership, as state or program have it: any of it may be unknown. */
export interface Membership {
  targets?: unknown;
  defaultPort?: unknown;
}

type IsKnown = (value: unknown) => boolean;

export interface Wire {
  server: Value;
  address: Value;
  port: Value;
  weight: Value;
}

/** Undefined where it cannot be said, because a whole map is not known. */
export function membershipChanges(
  before: Membership,
  after: Membership,
  isKnown: IsKnown = () => true,
): MembershipChange[] | undefined {
  if (!isKnown(before.targets) || !isKnown(after.targets)) return undefined;
  const old = wiresOf(before, isKnown);
  const next = wiresOf(after, isKnown);
  const binds = [...next].filter(([name]) => !old.has(name));
  const unbinds = [...old.keys()].filter((name) => !next.has(name));
  const changed = (property: keyof Wire): MembershipChange[] =>
    [...next].flatMap(([name, wire]) => {
      const was = old.get(name);
      // Two unknown values may differ, so they count as a change.
      if (was === undefined || (was[property] === wire[property] && wire[property] !== undefined)) return [];
      return [{ operation: property, name, from: was[property], to: wire[property] }];
    });
  return [
    ...binds.map(([name, wire]) => ({ operation: 'bind' as const, name, ...wire })),
    ...unbinds.map((name) => ({ operation: 'unbind' as const, name })),
    ...changed('weight'),
    ...changed('port'),
    ...changed('server'),
    ...changed('address'),
  ];
}

/** `web: bind b5 10.0.0.5:80 w50 · unbind b3 · weight b2 20→25`; undefined where membership stays as it is. */
export function membershipLine(attachment: string, changes: readonly MembershipChange[] | undefined) {
  if (changes === undefined) return `${attachment}: targets ${NOT_KNOWN}`;
  return changeLine(attachment, changes.map(describe));
}

/** `web: join i-5 · leave i-3`; undefined where the members stay, as they do where none are named any more. */
export function memberLine(group: string, before: unknown, after: unknown, isKnown: IsKnown = () => true) {
  if (!isKnown(before) || !isKnown(after)) return `${group}: members ${NOT_KNOWN}`;
  if (after === undefined) return undefined;
  const idsOf = (members: unknown) => Object.values((members ?? {}) as Record<string, unknown>);
  const [olds, news] = [new Set(idsOf(before)), new Set(idsOf(after))];
  const shown = (id: unknown) => (isKnown(id) ? inOneLine(String(id)) : NOT_KNOWN);
  return changeLine(group, [
    ...[...news].filter((id) => !olds.has(id)).map((id) => `join ${shown(id)}`),
    ...[...olds].filter((id) => !news.has(id)).map((id) => `leave ${shown(id)}`),
  ]);
}

function changeLine(name: string, changes: readonly string[]): string | undefined {
  if (changes.length === 0) return undefined;
  const parts = changes.slice(0, MAX_CHANGES_SHOWN);
  const left = changes.length - parts.length;
  if (left > 0) parts.push(`and ${left} more`);
  return `${name}: ${parts.join(' · ')}`;
}

function describe(change: MembershipChange): string {
  const name = inOneLine(change.name);
  switch (change.operation) {
    case 'bind':
      return `bind ${name} ${targetText(change)}`;
    case 'unbind':
      return `unbind ${name}`;
    default:
      return `${change.operation} ${name} ${text(change.from)}→${text(change.to)}`;
  }
}

function targetText({ server, address, port, weight }: Wire): string {
  if (address === undefined && port === undefined && weight === undefined) return NOT_KNOWN;
  const host = address === null ? server : address;
  const isWhole = typeof address === 'string' && typeof port === 'number';
  const place = isWhole ? targetKey(address, port) : text(host) + (port === null ? '' : `:${text(port)}`);
  return `${server === null || address === null ? '' : `${text(server)} `}${place} w${text(weight)}`;
}

function text(value: Value): string {
  return value === undefined ? NOT_KNOWN : String(value ?? 'none');
}

export function wiresOf({ targets, defaultPort }: Membership, isKnown: IsKnown): Map<string, Wire> {
  const isMap = typeof targets === 'object' && targets !== null;
  return new Map(Object.entries(isMap ? targets : {}).map(([name, target]) => [name, wireOf(target)]));

  function wireOf(target: unknown): Wire {
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
