// What no two resources of one program may have: one target under one parent, and one address and port of a listener.
import { isIP } from 'node:net';
import type { Problem } from '../model/base/errors.ts';
import { KIND_NAMES, type Kind } from '../model/base/kinds.ts';
import { propertyPath } from '../model/base/property-path.ts';
import { isRecord } from '../model/base/record.ts';
import { canonicalAddress, targetKey } from '../model/base/target-key.ts';
import { isKnown } from '../model/base/unknown.ts';
import { resourceName, shownReference } from '../model/base/urn.ts';
import { wireConflict } from '../model/objects/target-attachment.ts';
import type { Checked } from './checked.ts';
import { isClassic, parentOf } from './parent.ts';
import type { Program } from './program.ts';
import { targetsOf } from './targets.ts';

/** The targets of an attachment that mean one that has been claimed already, by it or by another attachment of the program. */
export function targetClaimProblems(checked: Checked): Problem[] {
  const wanted = targetsOf(checked.news).map(([name, target]) => ({
    path: propertyPath(['targets', name]),
    name,
    ...target,
  }));
  return claimProblems(checked, wanted);
}

/** The same of the members of a group, as far as the program names them. */
export function memberClaimProblems(checked: Checked): Problem[] {
  const { program, news } = checked;
  const members = program.get('groups', news.groupId)?.members;
  const wanted = Object.entries(isRecord(members) ? members : {}).map(([name, serverId]) => ({
    path: 'groupId',
    name,
    serverId,
    port: news.port,
  }));
  return claimProblems(checked, wanted);
}

/** Another listener of the program with this one's address and port. */
export function endpointClaimProblems({ program, owner, news }: Checked): Problem[] {
  const { loadBalancerId, port } = news;
  if (!isKnown(loadBalancerId) || !isKnown(port)) return [];
  const address = program.get('load-balancers', loadBalancerId)?.address;
  const isGiven = typeof address === 'string' && isKnown(address);
  const place = isGiven ? canonicalAddress(address) : program.nameOf('load-balancers', loadBalancerId);
  const first = program.claim(`endpoint ${place} ${port}`, owner);
  if (first === undefined) return [];
  const other = JSON.stringify(resourceName({ owner: first }));
  const message = `is that of listener ${other} of this program too, at the same address`;
  return [{ path: 'port', message: `${message}: give one of them another`, code: 'PortInUse' }];
}

/** The object to adopt, where another resource of the program adopts it too or has it already. */
export function adoptionClaimProblems({ program, owner, olds }: Checked, kind: Kind, adopt: unknown): Problem[] {
  if (adopt === undefined || !isKnown(adopt)) return [];
  const holder = program.nameOf(kind, adopt);
  const isHeld = holder !== owner && program.has(holder) && Object.keys(olds).length === 0;
  const first = isHeld ? holder : program.claim(`adopt ${kind} ${adopt}`, owner);
  if (first === undefined) return [];
  const message = `is what resource ${JSON.stringify(resourceName({ owner: first }))} of this program has: leave it to one of them`;
  return [{ path: 'adopt', message, code: 'OwnedByOther' }];
}

interface Wanted {
  readonly path: string;
  readonly name: string;
  readonly serverId?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
}

function claimProblems({ program, owner, news }: Checked, wanted: readonly Wanted[]): Problem[] {
  const parent = parentOf(program, news);
  if (parent === undefined) return [];
  // A classic load balancer's listeners have their ports: there the address alone is the target.
  const isPortless = isClassic(program, news) === true;
  const names = new Map<string, string>();
  return wanted.flatMap(({ path, name, ...target }) => {
    const place = placeOf(program, target, isPortless ? undefined : target.port);
    if (place === undefined) return [];
    const own = names.get(place);
    if (own !== undefined) return [wireConflict(name, own, shownReference(place))];
    names.set(place, name);
    const first = program.claim(`${parent.kind} ${parent.name} ${place}`, owner);
    if (first === undefined) return [];
    const other = `attachment ${JSON.stringify(resourceName({ owner: first }))} of this program binds to the same ${KIND_NAMES[parent.kind]}`;
    const message = `is ${shownReference(place)}, which ${other}: leave it to one of them`;
    return [{ path, message, code: 'InvalidBackendServers.ServerIpConflict' as const }];
  });
}

/** The target's wire identity; that of a server whose address is not known begins with its id. */
function placeOf(program: Program, { serverId, address }: Omit<Wanted, 'path' | 'name'>, port: unknown) {
  if (!isKnown(port) || !isKnown(address) || !isKnown(serverId)) return undefined;
  if (address === undefined && serverId === undefined) return undefined;
  const first = program.get('backend-servers', serverId)?.addresses;
  const host =
    address ?? (Array.isArray(first) && isKnown(first[0]) ? first[0] : program.nameOf('backend-servers', serverId));
  if (typeof host !== 'string') return undefined;
  if (port === undefined) return canonicalAddress(host);
  return isIP(host) !== 0 && typeof port === 'number' ? targetKey(host, port) : `${host}:${port}`;
}
