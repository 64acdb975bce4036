// Uniqueness within one program: of targets under a parent, of listeners' addresses and ports, of adopted objects.
import { isIP } from 'node:net';
import type { Problem } from '../model/base/errors.ts';
import { KIND_NAMES, type Kind, PARENT_KINDS } from '../model/base/kinds.ts';
import { canonicalAddress, targetKey } from '../model/base/target-key.ts';
import { isKnown } from '../model/base/unknown.ts';
import { resourceName, shownReference } from '../model/base/urn.ts';
import { PARENTS, type ParentFields } from '../model/objects/parent.ts';
import { keyConflicts } from '../model/objects/target-attachment.ts';
import { transportOf } from '../model/rules/connections.ts';
import type { AttachmentFields } from '../model/rules/lookup.ts';
import { isClassic } from '../model/rules/parents.ts';
import { addressOf, type TargetFields, wantedTargets } from '../model/rules/targets.ts';
import type { Checked } from './checked.ts';
import type { Program } from './program.ts';

/**
 * Reports targets that two names of the attachment mean, or that another attachment of the program binds to the same
 * parent. `pathOf` gives the property that asks for the target of a name.
 */
export function duplicateTargetProblems(
  { program, owner }: Checked,
  attachment: AttachmentFields,
  pathOf: (name: string) => string,
): Problem[] {
  const parent = parentOf(program, attachment.properties);
  if (parent === undefined) return [];
  // The listeners of a classic load balancer have the ports, so there the address alone identifies the target.
  const isPortless = isClassic(program, attachment.properties) === true;
  const keys = new Map(
    wantedTargets(program, attachment).map(([name, target]) => [name, uniqueKeyOf(program, target, isPortless)]),
  );
  const conflicts = keyConflicts([...keys].map(([name, key]) => [name, key && shownReference(key)]));
  const names = new Map<string, string>();
  for (const [name, key] of keys) if (key !== undefined && !names.has(key)) names.set(key, name);
  const duplicates = [...names].flatMap(([key, name]): Problem[] => {
    const first = program.reserve(`${parent.kind} ${parent.name} ${key}`, owner);
    if (first === undefined) return [];
    const other = `attachment ${JSON.stringify(resourceName({ owner: first }))} of this program binds to the same ${KIND_NAMES[parent.kind]}`;
    const message = `is ${shownReference(key)}, which ${other}: leave it to one of them`;
    return [{ path: pathOf(name), message, code: 'InvalidBackendServers.ServerIpConflict' }];
  });
  return [...conflicts, ...duplicates];
}

/**
 * The kind of an attachment's parent, and a name that is the same whether the parent is referred to by id or by URN.
 * Returns `undefined` if the parent is not known.
 */
function parentOf(program: Program, properties: ParentFields): { kind: Kind; name: string } | undefined {
  const property = PARENTS.find((name) => properties[name] !== undefined);
  if (property === undefined || !isKnown(properties[property])) return undefined;
  const kind = PARENT_KINDS[property];
  return { kind, name: program.nameOf(kind, properties[property]) };
}

/**
 * One text for all targets that mean the same. The server's name stands for an address that is not known. Returns
 * `undefined` if the target is not known.
 */
function uniqueKeyOf(program: Program, target: TargetFields, isPortless: boolean): string | undefined {
  const { serverId } = target;
  const port = isPortless ? undefined : target.port;
  if (![serverId, target.address, port].every(isKnown)) return undefined;
  const address = addressOf(program, target);
  const isTold = address !== undefined && isKnown(address);
  const host = isTold ? address : serverId && program.nameOf('backend-servers', serverId);
  if (typeof host !== 'string') return undefined;
  if (port === undefined) return canonicalAddress(host);
  return isIP(host) !== 0 && typeof port === 'number' ? targetKey(host, port) : `${host}:${port}`;
}

/** Reports another listener of the program with the same address and port, unless one of the two is for UDP alone. */
export function duplicateEndpointProblems({ program, owner, news }: Checked): Problem[] {
  const { loadBalancerId, protocol, port } = news;
  if (![loadBalancerId, protocol, port].every(isKnown)) return [];
  const address = program.get('load-balancers', loadBalancerId)?.address;
  const isGiven = typeof address === 'string' && isKnown(address);
  const place = isGiven ? canonicalAddress(address) : program.nameOf('load-balancers', loadBalancerId);
  const first = program.reserve(`endpoint ${transportOf(String(protocol))} ${place} ${port}`, owner);
  if (first === undefined) return [];
  const other = JSON.stringify(resourceName({ owner: first }));
  const message = `is also the port of listener ${other} of this program, at the same address`;
  return [{ path: 'port', message: `${message}: give one of them another port`, code: 'PortInUse' }];
}

/** Reports an object to adopt that another resource of the program also adopts or already has. */
export function duplicateAdoptionProblems({ program, owner, olds }: Checked, kind: Kind, adopt: unknown): Problem[] {
  if (adopt === undefined || !isKnown(adopt)) return [];
  const adopter = program.nameOf(kind, adopt);
  const isHeld = adopter !== owner && program.has(adopter) && olds === undefined;
  const first = isHeld ? adopter : program.reserve(`adopt ${kind} ${adopt}`, owner);
  if (first === undefined) return [];
  const message = `is also the object of resource ${JSON.stringify(resourceName({ owner: first }))} of this program: leave it to one of them`;
  return [{ path: 'adopt', message, code: 'OwnedByOther' }];
}
