// Targets that a runtime may not connect to: its own listeners and API, where requests would go round for ever, and
// addresses that its operator denies. The rule holds whichever of target and listener is written later.
import { type Problem, problemsText, WeirError } from '../../../model/base/errors.ts';
import { propertyPath } from '../../../model/base/property-path.ts';
import { targetKey } from '../../../model/base/target-key.ts';
import { healthCheckOf } from '../../../model/objects/listener.ts';
import { invalid } from '../../../model/objects/validate.ts';
import { isReached } from '../../../model/rules/connections.ts';
import { newTargets } from '../../../model/rules/targets.ts';
import { type Attachment, attachmentsOf, resolvedTargets } from '../../stored/attachments.ts';
import { lookupIn } from '../../stored/lookup.ts';
import { membersOf } from '../../stored/members.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { hasMoved } from '../../stored/servers.ts';
import { dependents, limited, mapOf } from './attachments.ts';
import {
  type CheckedPlace,
  connectionsOf,
  endpointsByPort,
  listenerEndpoint,
  type OwnEndpoint,
  shortNameOf,
  type TargetConnection,
} from './connections.ts';
import { denialOf, type Surroundings } from './surroundings.ts';

type Listener = StoredObject<'listeners'>;
type Rule = StoredObject<'rules'>;

/** Throws if a write makes the runtime connect to itself or to a denied address. Older conflicts are left alone. */
export function refuseOwnEndpoints(
  view: ModelView,
  next: StoredObject,
  before: StoredObject | undefined,
  around: Surroundings,
): void {
  if (next === before) return;
  const landing = landingProblems(view, next, before, around);
  if (landing.length > 0) throw new WeirError('PortInUse', problemsText(landing), landing);
  const problems = targetProblems(view, next, before, around);
  if (problems.length > 0) throw invalid(problems);
}

/** Warnings about targets of an attachment to which the runtime should not connect, such as those of an older release. */
export function ownEndpointWarnings(view: ModelView, attachment: Attachment, around: Surroundings): string[] {
  const warnings = faultsOf(view, attachment, around, () => true).map(({ target, message }) => {
    return `${propertyPath([mapOf(attachment), target])} ${message}`;
  });
  return limited(warnings, `${mapOf(attachment)} are such targets`);
}

/** Problems of the targets that a write newly binds, or of the checks that it changes. */
function targetProblems(
  view: ModelView,
  next: StoredObject,
  before: StoredObject | undefined,
  around: Surroundings,
): Problem[] {
  switch (next.kind) {
    case 'attachments':
    case 'group-attachments': {
      const names = new Set(newTargets(lookupIn(view), next, before as Attachment | undefined).map(([name]) => name));
      if (names.size === 0) return [];
      return faultsOf(view, next, around, (name) => names.has(name)).map(({ target, message }) => {
        return { path: propertyPath([mapOf(next), target]), message };
      });
    }
    case 'groups': {
      const known = new Set(before?.kind === 'groups' ? Object.values(membersOf(before)) : []);
      const members = membersOf(next);
      return dependents(view, next).flatMap((attachment) =>
        faultsOf(view, attachment, around, (name) => !known.has(members[name] ?? '')).map(({ target, message }) => {
          return { path: propertyPath(['members', target]), message };
        }),
      );
    }
    case 'backend-servers': {
      if (before?.kind !== 'backend-servers' || !hasMoved(before, next)) return [];
      const isNew = (address: string) => !before.properties.addresses.includes(address);
      return dependents(view, next).flatMap((attachment) =>
        faultsOf(view, attachment, around, (_name, address) => isNew(address)).map(({ target, message }) => {
          return {
            path: 'addresses',
            message: `cannot be that of target ${target} of ${shortNameOf(attachment)}: ${message}`,
          };
        }),
      );
    }
    case 'listeners': {
      const was = before as Listener | undefined;
      const path = listenerPath(next, was);
      if (path === undefined) return [];
      const own = [...attachmentsOf(view)].filter(({ properties }) => {
        return properties.listenerId === next.id || properties.loadBalancerId === next.properties.loadBalancerId;
      });
      return own.flatMap((attachment) => servedProblems(view, attachment, around, next.id, path));
    }
    case 'rules': {
      const was = before as Rule | undefined;
      const isMoved = was?.properties.listenerId !== next.properties.listenerId;
      if (!isMoved && was !== undefined && isSameCheck(was.properties.healthCheck, next.properties.healthCheck))
        return [];
      const own = [...attachmentsOf(view)].filter(({ properties }) => properties.ruleId === next.id);
      const path = isMoved ? 'listenerId' : 'healthCheck.port';
      return own.flatMap((attachment) => servedProblems(view, attachment, around, undefined, path));
    }
    default:
      return [];
  }
}

/** Problems of a written listener or load balancer whose new VIP:port is that of a bound target. */
function landingProblems(
  view: ModelView,
  next: StoredObject,
  before: StoredObject | undefined,
  around: Surroundings,
): Problem[] {
  const landed = landedEndpoints(view, next, before);
  if (landed.length === 0) return [];
  const path = next.kind === 'listeners' ? 'port' : 'address';
  const ports = new Set(landed.map(({ port }) => port));
  for (const attachment of attachmentsOf(view)) {
    for (const connection of connectionsOf(view, attachment, (port) => ports.has(port))) {
      const endpoint = landed.find((each) => isReached(each, connection, around.machine));
      if (endpoint === undefined) continue;
      const target = `target ${connection.target} of ${shortNameOf(attachment)}`;
      const use = connection.isCheck ? 'at which it checks' : 'which is';
      return [{ path, message: `makes the runtime listen at ${keyOf(connection)}, ${use} ${target}: ${LOOP}` }];
    }
  }
  return [];
}

const LOOP = 'a target may not lead back to the runtime that serves it';

/** The listening sockets that a write adds or moves. */
function landedEndpoints(view: ModelView, next: StoredObject, before: StoredObject | undefined): OwnEndpoint[] {
  if (next.kind === 'listeners') {
    const endpoint = listenerEndpoint(view, next);
    const was = before === undefined ? undefined : listenerEndpoint(view, before as Listener);
    const isSame =
      endpoint.transport === was?.transport && endpoint.address === was.address && endpoint.port === was.port;
    return isSame ? [] : [endpoint];
  }
  if (next.kind !== 'load-balancers') return [];
  if (before?.kind === 'load-balancers' && before.state.vip === next.state.vip) return [];
  const own = [...view.list('listeners')].filter(({ properties }) => properties.loadBalancerId === next.id);
  return own.map((listener) => listenerEndpoint(view, listener));
}

interface Fault {
  readonly target: string;
  readonly message: string;
}

/** Why the runtime may not connect to targets of an attachment. Each target is named once. */
function faultsOf(
  view: ModelView,
  attachment: Attachment,
  around: Surroundings,
  isMeant: (name: string, address: string) => boolean,
): Fault[] {
  const faults = new Map<string, string>();
  for (const resolved of resolvedTargets(view, attachment)) {
    const { name, address } = resolved;
    const network = isMeant(name, address) ? denialOf(resolved, around.networks) : undefined;
    if (network === undefined) continue;
    faults.set(name, `is at ${address}, and this runtime takes no targets in ${network} (--deny-targets)`);
  }
  for (const [connection, endpoint] of ownConnections(view, attachment, around)) {
    const { target, address } = connection;
    if (isMeant(target, address) && !faults.has(target)) faults.set(target, ownText(connection, endpoint));
  }
  return [...faults].map(([target, message]) => ({ target, message }));
}

/** Problems of the connections to targets that a written listener or rule changes. */
function servedProblems(
  view: ModelView,
  attachment: Attachment,
  around: Surroundings,
  listenerId: string | undefined,
  path: string,
): Problem[] {
  const [first] = ownConnections(view, attachment, around, listenerId);
  if (first === undefined) return [];
  const [connection, endpoint] = first;
  const target = `target ${connection.target} of ${shortNameOf(attachment)}`;
  return [{ path, message: `does not fit ${target}, which ${ownText(connection, endpoint)}` }];
}

function ownText(connection: TargetConnection, { name }: OwnEndpoint): string {
  return `${connection.isCheck ? 'is checked at' : 'is'} ${keyOf(connection)}, which is ${name}: ${LOOP}`;
}

/** The property of a listener whose change makes other connections. Returns `undefined` if there is none. */
function listenerPath({ properties: next }: Listener, before: Listener | undefined): string | undefined {
  const was = before?.properties;
  if (was?.loadBalancerId !== next.loadBalancerId) return 'loadBalancerId';
  if (was.protocol !== next.protocol) return 'protocol';
  if (was.backendPort !== next.backendPort) return 'backendPort';
  return isSameCheck(healthCheckOf(was), healthCheckOf(next)) ? undefined : 'healthCheck.port';
}

function isSameCheck(a: CheckedPlace, b: CheckedPlace): boolean {
  return a.protocol === b.protocol && a.port === b.port;
}

/** Connections to targets of an attachment that reach a listening socket of the runtime itself, with that socket. */
function ownConnections(
  view: ModelView,
  attachment: Attachment,
  { api, machine }: Surroundings,
  listenerId?: string,
): [TargetConnection, OwnEndpoint][] {
  const ofListeners = endpointsByPort(view);
  const ofApi = api.map((each): OwnEndpoint => ({ ...each, transport: 'tcp', name: 'the API of this runtime' }));
  const isMeant = (port: number) => ofListeners.has(port) || ofApi.some((each) => each.port === port);
  return connectionsOf(view, attachment, isMeant, listenerId).flatMap(
    (connection): [TargetConnection, OwnEndpoint][] => {
      const all = [...ofApi, ...(ofListeners.get(connection.port) ?? [])];
      const endpoint = all.find((each) => isReached(each, connection, machine));
      return endpoint === undefined ? [] : [[connection, endpoint]];
    },
  );
}

function keyOf({ address, port }: TargetConnection): string {
  return targetKey(address, port);
}
