// The listener as a resource: it moves to another load balancer only by replacement, everything else changes in place.

import { secretsLine } from '../messages/secrets-line.ts';
import type { Problem } from '../model/base/errors.ts';
import { isKnown, UNKNOWN } from '../model/base/unknown.ts';
import {
  backendPortProblem,
  healthCheckOf,
  idleTimeoutSeconds,
  type ListenerProperties,
  listenerSchema,
} from '../model/objects/listener.ts';
import { loadBalancerSchema } from '../model/objects/load-balancer.ts';
import type { Checked } from '../program/checked.ts';
import { endpointClaimProblems } from '../program/claims.ts';
import { defaultOf } from '../properties/canonical-form.ts';
import type { ResourceDescription } from './description.ts';

export const listener: ResourceDescription = {
  type: 'Listener',
  kind: 'listeners',
  schema: listenerSchema,
  identity: ['loadBalancerId'],
  outputs: ['endpoint'],
  problems: (checked) => [...backendPortProblems(checked), ...endpointClaimProblems(checked)],
  changeLine: (name, olds, news) => secretsLine('listeners', name, olds, news),
  complete: (normal) => {
    if (!isKnown(normal.protocol)) return { idleTimeoutSeconds: UNKNOWN, healthCheck: UNKNOWN, ...normal };
    const listener = normal as unknown as ListenerProperties;
    return { ...normal, idleTimeoutSeconds: idleTimeoutSeconds(listener), healthCheck: healthCheckOf(listener) };
  },
};

function backendPortProblems({ program, news }: Checked): Problem[] {
  const loadBalancer = program.get('load-balancers', news.loadBalancerId);
  if (loadBalancer === undefined || !isKnown(loadBalancer.type) || !isKnown(news.backendPort)) return [];
  const message = backendPortProblem(loadBalancer.type ?? defaultOf(loadBalancerSchema.shape.type), news.backendPort);
  return message === undefined ? [] : [{ path: 'backendPort', message }];
}
