// API objects: the form in which the API shows stored objects, with fingerprints instead of secrets, and with outputs.
import type { ApiObject } from '../../model/api/objects.ts';
import type { OutputsOf } from '../../model/api/objects-by-kind.ts';
import { endpointOf } from '../../model/base/endpoint.ts';
import type { Kind } from '../../model/base/kinds.ts';
import { asFingerprint, replaceSecrets } from '../../model/base/secrets.ts';
import { certificateFaults, faultTexts } from '../../model/objects/certificate-faults.ts';
import { type ListenerProperties, orderedCertificates } from '../../model/objects/listener.ts';
import { unservedWarnings } from '../../model/rules/unserved-certificates.ts';
import type { Access } from '../control/access/access.ts';
import { mayRead } from '../control/access/permissions.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import { eligibilityWarnings, limited } from '../control/write/attachments.ts';
import { endpointWarnings } from '../control/write/endpoints.ts';
import { ruleWarnings } from '../control/write/forwarding-rules.ts';
import { membersOf } from '../stored/members.ts';
import type { Attachment, StoredObject } from '../stored/object.ts';
import { nameOf } from '../stored/references.ts';

/** The parts of a control plane that objects show. A list in pieces has one model from its first to its last piece. */
export type ShownState = Pick<ControlPlane, 'model' | 'refusals' | 'running' | 'guard'>;

/** Renders a stored object as an API object. Names of other objects are shown only if `access` permits to read them. */
export function toApiObject(object: StoredObject, control: ShownState, access: Access): ApiObject {
  return {
    id: object.id,
    ...replaceSecrets(object.kind, object.properties, asFingerprint),
    owner: object.owner,
    incarnation: object.incarnation,
    version: object.version,
    ...OUTPUTS[object.kind]?.(object as never, control, access),
  };
}

/** Renders a stored object as `toApiObject` does, with the record for its stack if the request is one of the stack. */
export function toResponse(object: StoredObject, control: ShownState, access: Access, by?: 'stack'): ApiObject {
  const shown = toApiObject(object, control, access);
  if (by === undefined) return shown;
  const { createdAt, written } = object;
  return { ...shown, stack: { createdAt, writtenVersion: written?.version, written: written?.patch } };
}

/** Functions that add the outputs of an object, for each kind that has outputs. */
type Outputs = {
  readonly [K in Kind]?: (object: StoredObject<K>, control: ShownState, access: Access) => OutputsOf<K>;
};

const OUTPUTS: Outputs = {
  'load-balancers': ({ state }) => ({ vip: state.vip }),
  listeners: (object, control, access) => ({
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
    ]),
  }),
  rules: (object, control, access) => ({
    warnings: orNone(
      limited(
        ruleWarnings(control.model, object, (other) =>
          mayRead(access, control.model, other) ? `rule ${other.id}` : 'another rule',
        ),
        'rules are equal to it',
      ),
    ),
  }),
  attachments: bindings,
  groups: (object) => ({ members: membersOf(object) }),
  'group-attachments': bindings,
};

function bindings(attachment: Attachment, { running, model, guard }: ShownState): OutputsOf<Attachment['kind']> {
  const warnings = [...eligibilityWarnings(model, attachment), ...guard.warnings(model, attachment)];
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

function orNone(warnings: string[]): string[] | undefined {
  return warnings.length > 0 ? warnings : undefined;
}
