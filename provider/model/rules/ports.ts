// Where a target's port is given: by the target under an application load balancer, else by the listener.
import type { Problem } from '../base/errors.ts';
import { propertyPath } from '../base/property-path.ts';
import { isRecord } from '../base/record.ts';
import type { AttachmentFields, Lookup, ObjectFields } from './lookup.ts';
import { isClassic } from './parents.ts';

const NO_DEFAULT_PORT = 'is required if there is no defaultPort';

/** Reports ports of an attachment that are missing, or that its load balancer does not allow. */
export function portProblems(lookup: Lookup, { kind, properties }: AttachmentFields): Problem[] {
  const isUnderClassic = isClassic(lookup, properties);
  if (isUnderClassic === undefined) return [];
  const problem = (port: unknown, path: () => string, missing: string) =>
    lookup.isKnown(port) ? portProblem(isUnderClassic, port, path, missing) : [];
  if (kind === 'group-attachments') return problem(properties.port, () => 'port', 'is required');
  const { targets, defaultPort } = properties;
  return Object.entries(isRecord(targets) ? targets : {}).flatMap(([name, target]) => {
    if (!isRecord(target)) return [];
    const port = isUnderClassic ? target.port : (target.port ?? defaultPort);
    return problem(port, () => propertyPath(['targets', name, 'port']), NO_DEFAULT_PORT);
  });
}

function portProblem(isUnderClassic: boolean, port: unknown, path: () => string, missing: string): Problem[] {
  if (!isUnderClassic) return port === undefined ? [{ path: path(), message: missing }] : [];
  if (port === undefined) return [];
  const message = "cannot be given under a classic load balancer: its listeners' backendPort counts";
  return [{ path: path(), message, code: 'OperationFailed.ActionNotSupport' }];
}

/**
 * Reports a wrong `backendPort` of a listener. Classic load balancers need one, and application load balancers have
 * none.
 */
export function backendPortProblems(
  lookup: Lookup,
  { loadBalancerId, backendPort }: ObjectFields<'listeners'>,
): Problem[] {
  const type = lookup.get('load-balancers', loadBalancerId)?.type;
  if (!lookup.isKnown(type) || !lookup.isKnown(backendPort)) return [];
  const path = 'backendPort';
  if (type === 'classic' && backendPort === undefined) {
    return [{ path, message: 'is required under a classic load balancer' }];
  }
  if (type !== 'application' || backendPort === undefined) return [];
  const message = 'is for classic load balancers only: give the targets their ports, or the attachment a defaultPort';
  return [{ path, message }];
}
