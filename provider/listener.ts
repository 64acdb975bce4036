// The listener as a resource: it moves to another load balancer only by replacement, everything else changes in place.
import { endpointClaimProblems } from './claims.ts';
import type { Problem } from './model/errors.ts';
import {
  backendPortProblem,
  healthCheckOf,
  idleTimeoutSeconds,
  type ListenerProperties,
  listenerSchema,
} from './model/listener.ts';
import { loadBalancerSchema } from './model/load-balancer.ts';
import { defaultOf } from './normal-form.ts';
import type { Checked, ResourceDescription } from './resource.ts';
import { secretsLine } from './secrets-line.ts';
import { isKnown, UNKNOWN } from './unknown.ts';

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
