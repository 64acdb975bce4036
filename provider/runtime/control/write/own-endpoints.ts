// Targets that a runtime may not connect to: its own listeners and API, where requests would go round for ever, and
// addresses that its operator denies. What counts is where the runtime would connect to before and after a write, so the
// rule holds for every kind of write, and whichever of target and listener is written later.

import { type Problem, problemsText, WeirError } from '../../../model/base/errors.ts';
import { KIND_NAMES } from '../../../model/base/kinds.ts';
import { propertyPath } from '../../../model/base/property-path.ts';
import { canonicalAddress, targetKey } from '../../../model/base/target-key.ts';
import { invalid } from '../../../model/objects/validate.ts';
import { isReached } from '../../../model/rules/connections.ts';
import { attachmentsOf, resolvedTargets } from '../../stored/attachments.ts';
import type { Draft, Model, ModelView } from '../../stored/model.ts';
import type { Attachment, StoredObject } from '../../stored/object.ts';
import { isSameStack } from '../../stored/owner.ts';
import { foreignName } from '../../stored/references.ts';
import { limited, mapOf } from './attachments.ts';
import { changedPath } from './changed-path.ts';
import {
  connectionsOf,
  endpointsByPort,
  listenerEndpoint,
  type OwnEndpoint,
  type TargetConnection,
} from './connections.ts';
import { denialOf, type Surroundings } from './surroundings.ts';
import { touchedAttachments } from './touched.ts';

const LOOP = 'a target may not lead back to the runtime that serves it';

/**
 * Throws if the changes of a write make the runtime connect to itself or to a denied address. Older conflicts are left
 * alone. `written`: the object that the caller writes, which other changes may accompany.
 */
export function refuseOwnEndpoints(
  before: Model,
  draft: Draft,
  written: StoredObject | undefined,
  around: Surroundings,
): void {
  const changed = changedObjects(before, draft);
  const landing = landingProblems(before, draft, changed, written, around);
  if (landing.length > 0) throw new WeirError('PortInUse', problemsText(landing), landing);
  const problems = touchedAttachments(before, draft, changed).flatMap(({ attachment, listenerId }) => {
    const faults = newFaults(before, draft, attachment, around, listenerId);
    return problemsOf(before, attachment, faults, written);
  });
  if (problems.length > 0) throw invalid(problems);
}

/** Warnings about targets of an attachment to which the runtime should not connect, such as those of an older release. */
export function ownEndpointWarnings(view: ModelView, attachment: Attachment, around: Surroundings): string[] {
  const warnings = onceATarget(faultsOf(view, attachment, around)).map(({ target, textFor }) => {
    return `${propertyPath([mapOf(attachment), target])} ${textFor(attachment)}`;
  });
  return limited(warnings, `${mapOf(attachment)} are such targets`);
}

/** The objects that a write has created or updated, as they are now. Deletes make no new connections. */
function changedObjects(before: Model, draft: Draft): StoredObject[] {
  const keys = new Map(
    draft.changesSince(before).flatMap((change) => ('put' in change ? [[keyOf(change.put), change.put]] : [])),
  );
  return [...keys.values()].flatMap(({ kind, id }) => draft.get(kind, id) ?? []);

  function keyOf({ kind, id }: StoredObject): string {
    return `${kind} ${id}`;
  }
}

/** Problems of changed listeners and load balancers whose new VIP:port is that of a bound target. */
function landingProblems(
  before: Model,
  view: ModelView,
  changed: readonly StoredObject[],
  written: StoredObject | undefined,
  around: Surroundings,
): Problem[] {
  const landed = landedEndpoints(before, view, changed);
  if (landed.length === 0) return [];
  const path = written?.kind === 'listeners' ? 'port' : 'address';
  const ports = new Set(landed.map(({ port }) => port));
  for (const attachment of attachmentsOf(view)) {
    for (const connection of connectionsOf(view, attachment, (port) => ports.has(port))) {
      const endpoint = landed.find((each) => isReached(each, connection, around.machine));
      if (endpoint !== undefined) return [{ path, message: landingText(connection, written) }];
    }
  }
  return [];
}

/** The listening sockets that a write adds or moves. */
function landedEndpoints(before: Model, view: ModelView, changed: readonly StoredObject[]): OwnEndpoint[] {
  const [listeners, loadBalancers] = [idsOf(changed, 'listeners'), idsOf(changed, 'load-balancers')];
  if (listeners.size + loadBalancers.size === 0) return [];
  return [...view.list('listeners')]
    .filter(({ id, properties }) => listeners.has(id) || loadBalancers.has(properties.loadBalancerId))
    .flatMap((listener) => {
      const endpoint = listenerEndpoint(view, listener);
      const former = before.get('listeners', listener.id);
      const was = former && listenerEndpoint(before, former);
      const isSame =
        endpoint.transport === was?.transport && endpoint.address === was.address && endpoint.port === was.port;
      return isSame ? [] : [endpoint];
    });
}

function idsOf(objects: readonly StoredObject[], kind: StoredObject['kind']): ReadonlySet<string> {
  return new Set(objects.filter((object) => object.kind === kind).map(({ id }) => id));
}

/** Why the runtime may not connect to a target of an attachment. */
interface Fault {
  readonly target: string;
  /** The connection as a text: a connection that the attachment made before a write is no fault of the write. */
  readonly key: string;
  /** The reason, for the caller that writes the given object. */
  readonly textFor: (written: StoredObject | undefined) => string;
}

/** The faults that an attachment has after a write and did not have before. Each target is named once. */
function newFaults(
  before: Model,
  view: ModelView,
  attachment: Attachment,
  around: Surroundings,
  listenerId: string | undefined,
): Fault[] {
  const faults = faultsOf(view, attachment, around, listenerId);
  if (faults.length === 0) return [];
  const was = before.get<Attachment['kind']>(attachment.kind, attachment.id);
  const known = new Set(was === undefined ? [] : faultsOf(before, was, around).map(({ key }) => key));
  return onceATarget(faults.filter(({ key }) => !known.has(key)));
}

function onceATarget(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.toReversed().map((fault) => [fault.target, fault])).values()].toReversed();
}

function faultsOf(view: ModelView, attachment: Attachment, around: Surroundings, listenerId?: string): Fault[] {
  const { ruleId, loadBalancerId } = attachment.properties;
  const place = JSON.stringify([ruleId, attachment.properties.listenerId, loadBalancerId]);
  const denied = resolvedTargets(view, attachment).flatMap((resolved): Fault[] => {
    const network = denialOf(resolved, around.networks);
    if (network === undefined) return [];
    const { name, address, port } = resolved;
    const text = `is at ${address}, and this runtime takes no targets in ${network} (--deny-targets)`;
    return [{ target: name, key: `${place} ${canonicalAddress(address)} ${port}`, textFor: () => text }];
  });
  const own = ownConnections(view, attachment, around, listenerId).map(([connection, endpoint]): Fault => {
    const { target, transport, isCheck } = connection;
    const key = [place, connection.listenerId, transport, placeOf(connection), isCheck].join(' ');
    return { target, key, textFor: (written) => ownText(connection, endpoint, written) };
  });
  return [...denied, ...own];
}

/** The faults of an attachment as problems of the object that is written. */
function problemsOf(
  before: Model,
  attachment: Attachment,
  faults: readonly Fault[],
  written: StoredObject | undefined,
): Problem[] {
  const name = nameFor(written, attachment);
  switch (written?.kind) {
    case 'attachments':
    case 'group-attachments':
    case 'groups':
      return faults.map(({ target, textFor }) => {
        return { path: propertyPath([mapOf(attachment), target]), message: textFor(written) };
      });
    case 'backend-servers':
      return faults.map(({ target, textFor }) => {
        return { path: 'addresses', message: `cannot be that of target ${target} of ${name}: ${textFor(written)}` };
      });
    default: {
      const path = written === undefined ? '' : changedPath(before, written);
      return faults.slice(0, 1).map(({ target, textFor }) => {
        return { path, message: `does not fit target ${target} of ${name}, which ${textFor(written)}` };
      });
    }
  }
}

function landingText(connection: TargetConnection, written: StoredObject | undefined): string {
  const { attachment, target, isCheck } = connection;
  const name = nameFor(written, attachment);
  // The address and the name of another stack's target are not for this caller.
  if (!isNamed(written, attachment)) return `makes the runtime listen where ${name} has a target: ${LOOP}`;
  const use = isCheck ? 'at which it checks' : 'which is';
  return `makes the runtime listen at ${placeOf(connection)}, ${use} target ${target} of ${name}: ${LOOP}`;
}

function ownText(connection: TargetConnection, { listener }: OwnEndpoint, written: StoredObject | undefined): string {
  const name = listener === undefined ? 'the API of this runtime' : nameFor(written, listener);
  return `${connection.isCheck ? 'is checked at' : 'is'} ${placeOf(connection)}, which is ${name}: ${LOOP}`;
}

/** The name of an object in an error: its id is only for its own stack, and others are told the owner. */
function nameFor(written: StoredObject | undefined, object: StoredObject): string {
  return isNamed(written, object) ? `${KIND_NAMES[object.kind]} ${object.id}` : foreignName(object);
}

/** Whether two objects belong to one stack or, if nobody owns them, were made by one caller. */
function isNamed(written: StoredObject | undefined, object: StoredObject): boolean {
  if (written === undefined || !isSameStack(written, object)) return false;
  return object.owner !== undefined || written.changedBy === object.createdBy;
}

/** Connections to targets of an attachment that reach a listening socket of the runtime itself, with that socket. */
function ownConnections(
  view: ModelView,
  attachment: Attachment,
  { api, machine }: Surroundings,
  listenerId?: string,
): [TargetConnection, OwnEndpoint][] {
  const ofListeners = endpointsByPort(view);
  const ofApi = api.map((each): OwnEndpoint => ({ ...each, transport: 'tcp' }));
  const isMeant = (port: number) => ofListeners.has(port) || ofApi.some((each) => each.port === port);
  return connectionsOf(view, attachment, isMeant, listenerId).flatMap(
    (connection): [TargetConnection, OwnEndpoint][] => {
      const all = [...ofApi, ...(ofListeners.get(connection.port) ?? [])];
      const endpoint = all.find((each) => isReached(each, connection, machine));
      return endpoint === undefined ? [] : [[connection, endpoint]];
    },
  );
}

function placeOf({ address, port }: TargetConnection): string {
  return targetKey(address, port);
}
