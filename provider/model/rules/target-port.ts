// Which targets say their port: each under an application load balancer, and none under a classic one.
import type { Problem } from '../base/errors.ts';
import { propertyPath } from '../base/property-path.ts';
import { isRecord } from '../base/record.ts';

/** Of an attachment's targets, those whose port is missing or may not be there. */
export function targetPortProblems(
  isClassic: boolean,
  { targets, defaultPort }: { readonly targets?: unknown; readonly defaultPort?: unknown },
): Problem[] {
  return Object.entries(isRecord(targets) ? targets : {}).flatMap(([name, target]) => {
    if (!isRecord(target)) return [];
    const port = isClassic ? target.port : (target.port ?? defaultPort);
    return portProblem(
      isClassic,
      port,
      propertyPath(['targets', name, 'port']),
      'is required where there is no defaultPort',
    );
  });
}

/** Of a group attachment, whose port is that of all members. */
export function memberPortProblems(isClassic: boolean, { port }: { readonly port?: unknown }): Problem[] {
  return portProblem(isClassic, port, 'port', 'is required');
}

function portProblem(isClassic: boolean, port: unknown, path: string, missing: string): Problem[] {
  if (!isClassic) return port === undefined ? [{ path, message: missing }] : [];
  if (port === undefined) return [];
  const message = "cannot be given under a classic load balancer: its listeners' backendPort counts";
  return [{ path, message, code: 'OperationFailed.ActionNotSupport' }];
}
