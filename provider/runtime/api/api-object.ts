// API objects: the form in which the API shows stored objects, with fingerprints instead of secrets, and with outputs.
import type { ApiObject } from '../../model/api/objects.ts';
import type { OutputsOf } from '../../model/api/objects-by-kind.ts';
import { endpointOf } from '../../model/base/endpoint.ts';
import type { Kind } from '../../model/base/kinds.ts';
import { asFingerprint, replaceSecrets } from '../../model/base/secrets.ts';
import { certificateFaults, faultTexts } from '../../model/objects/certificate-faults.ts';
import { type ListenerProperties, orderedCertificates } from '../../model/objects/listener.ts';
import { stateReason } from '../../model/rules/eligibility.ts';
import { unservedWarnings } from '../../model/rules/unserved-certificates.ts';
import { targetGroupIdOfRule } from '../contract/snapshot.ts';
import type { Access } from '../control/access/access.ts';
import { mayRead } from '../control/access/permissions.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import { idleAttachmentWarnings, idleWarning } from '../control/health/idle-targets.ts';
import { dependents, eligibilityWarnings, limited } from '../control/write/attachments.ts';
import { endpointWarnings } from '../control/write/endpoints.ts';
import { ruleWarnings } from '../control/write/forwarding-rules.ts';
import { ownResponseWarnings } from '../control/write/own-responses.ts';
import { attachmentsOfGroup } from '../stored/attachments.ts';
import { lookupIn } from '../stored/lookup.ts';
import { membersOf } from '../stored/members.ts';
import type { Attachment, StoredObject } from '../stored/object.ts';
import { nameOf } from '../stored/references.ts';
import { shownLeases } from './shown-leases.ts';

/** The parts of a control plane that objects show. A list in pieces has one model from its first to its last piece. */
export type ShownState = Pick<ControlPlane, 'model' | 'compiled' | 'refusals' | 'running' | 'guard' | 'leases'>;

/**
 * Renders a stored object as an API object. Names of other objects are shown only if `access` permits to read them.
 * `by`: the stack that asks has waited for first checks, so that their missing results are told too.
 */
export function toApiObject(object: StoredObject, control: ShownState, access: Access, by?: 'stack'): ApiObject {
  return {
    id: object.id,
    ...replaceSecrets(object.kind, object.properties, asFingerprint),
    owner: object.owner,
    incarnation: object.incarnation,
    version: object.version,
    ...OUTPUTS[object.kind]?.(object as never, control, access, by !== undefined),
  };
}

/** Renders a stored object as `toApiObject` does, with the record for its stack if the request is one of the stack. */
export function toResponse(object: StoredObject, control: ShownState, access: Access, by?: 'stack'): ApiObject {
  const shown = toApiObject(object, control, access, by);
  if (by === undefined) return shown;
  const { createdAt, written } = object;
  return { ...shown, stack: { createdAt, writtenVersion: written?.version, written: written?.patch } };
}

/** Functions that add the outputs of an object, for each kind that has outputs. */
type Outputs = {
  readonly [K in Kind]?: (
    object: StoredObject<K>,
    control: ShownState,
    access: Access,
    isLate: boolean,
  ) => OutputsOf<K>;
};

const OUTPUTS: Outputs = {
  'load-balancers': ({ state }) => ({ vip: state.vip }),
  listeners: (object, control, access, isLate) => ({
    endpoint: endpointOf(
      object.properties.protocol,
      vipOf(object.properties.loadBalancerId, control),
      object.properties.port,
    ),
    lastError: refusalMessageOf(object.id, control),
    warnings: orNone([
      ...endpointWarnings(control.model, object, (other) =>
        mayRead(access, control.model, other) ? nameOf(other) : 'another listener',
      ),
      ...certificateWarningsOf(object.properties),
      ...idleWarningsOf(object.id, control, isLate),
    ]),
  }),
  rules: (object, control, access, isLate) => ({
    warnings: orNone([
      ...limited(
        ruleWarnings(control.model, object, (other) =>
          mayRead(access, control.model, other) ? `rule ${other.id}` : 'another rule',
        ),
        'rules are equal to it',
      ),
      ...limited(
        ownResponseWarnings(control.model, object, (attachment) =>
          mayRead(access, control.model, attachment) ? `attachment ${attachment.id}` : 'an attachment',
        ),
        'attachments are to be deleted',
      ),
      ...idleWarningsOf(targetGroupIdOfRule(object.id), control, isLate),
    ]),
  }),
  attachments: bindings,
  'backend-servers': (object, control, _, isLate) => {
    // Only the stack that may have stopped the server is told, because a list of servers would look at each attachment.
    if (!isLate || stateReason(lookupIn(control.model), object.properties, object.id) === undefined) return {};
    if (idleWarningsOfAll(dependents(control.model, object), control, isLate) === undefined) return {};
    return { warnings: ['no other target takes traffic where it is bound: weir status shows their last errors'] };
  },
  groups: (object, control, _, isLate) => {
    const attachments = attachmentsOfGroup(control.model, object.id);
    const leases = shownLeases(object, control.leases);
    return { members: membersOf(object), leases, warnings: idleWarningsOfAll(attachments, control, isLate) };
  },
  'group-attachments': bindings,
};

function bindings(
  attachment: Attachment,
  { running, model, guard }: ShownState,
  _: Access,
  isLate: boolean,
): OutputsOf<Attachment['kind']> {
  const warnings = [
    ...eligibilityWarnings(model, attachment),
    ...guard.warnings(model, attachment),
    // A minimal response has only some of the targets.
    ...idleAttachmentWarnings(model, model.get(attachment.kind, attachment.id) ?? attachment, running, isLate),
  ];
  return { boundTargets: running.boundTargets(attachment, model), warnings: orNone(warnings) };
}

/** Why the engine refuses to open a stored listener. Returns `undefined` if the listener is not refused. */
function refusalMessageOf(listenerId: string, control: Pick<ShownState, 'refusals'>): string | undefined {
  return control.refusals.find((refusal) => refusal.listenerId === listenerId)?.problem.message;
}

function vipOf(loadBalancerId: string, control: ShownState): string {
  return control.model.get('load-balancers', loadBalancerId)?.state.vip ?? '';
}

function certificateWarningsOf({ certificates = {} }: ListenerProperties): string[] {
  const faults = certificateFaults(certificates, Date.now());
  return [...faultTexts(faults), ...unservedWarnings(orderedCertificates(certificates))];
}

function idleWarningsOf(targetGroupId: string, { compiled, running }: ShownState, isLate: boolean): string[] {
  const warning = idleWarning(compiled.snapshot.targetGroups.get(targetGroupId), running, isLate);
  return warning === undefined ? [] : [`${warning}: weir status shows why`];
}

/** Warnings for those attachments whose targets all take no traffic. Two attachments may warn in the same words. */
function idleWarningsOfAll(
  attachments: readonly Attachment[],
  { model, running }: ShownState,
  isLate: boolean,
): string[] | undefined {
  const warnings = attachments.flatMap((attachment) => idleAttachmentWarnings(model, attachment, running, isLate));
  return orNone([...new Set(warnings)]);
}

function orNone(warnings: string[]): string[] | undefined {
  return warnings.length > 0 ? warnings : undefined;
}
