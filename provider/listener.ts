// The listener as a resource: it moves to another load balancer only by replacement, everything else changes in place.
import { healthCheckOf, idleTimeoutSeconds, type ListenerProperties, listenerSchema } from './model/listener.ts';
import type { ResourceDescription } from './resource.ts';
import { secretsLine } from './secrets-line.ts';
import { isKnown } from './unknown.ts';

export const listener: ResourceDescription = {
  type: 'Listener',
  kind: 'listeners',
  schema: listenerSchema,
  identity: ['loadBalancerId'],
  outputs: ['endpoint'],
  changeLine: (name, olds, news) => secretsLine('listeners', name, olds, news),
  complete: (normal) => {
    if (!isKnown(normal.protocol)) return normal;
    const listener = normal as unknown as ListenerProperties;
    return { ...normal, idleTimeoutSeconds: idleTimeoutSeconds(listener), healthCheck: healthCheckOf(listener) };
  },
};
