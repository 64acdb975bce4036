// The resource Listener: a change of its load balancer replaces it. Every other change is made in place.

import { secretsLine } from '../messages/secrets-line.ts';
import { isKnown, UNKNOWN } from '../model/base/unknown.ts';
import { certificateFaults, faultTexts } from '../model/objects/certificate-faults.ts';
import {
  healthCheckOf,
  idleTimeoutSeconds,
  type ListenerProperties,
  listenerSchema,
} from '../model/objects/listener.ts';
import { backendPortProblems } from '../model/rules/ports.ts';
import { duplicateEndpointProblems } from '../program/uniqueness.ts';
import type { ResourceDescription } from './description.ts';

export const listener: ResourceDescription<'listeners'> = {
  type: 'Listener',
  kind: 'listeners',
  schema: listenerSchema,
  identity: ['loadBalancerId'],
  outputs: ['endpoint'],
  problems: (checked) => [...backendPortProblems(checked.program, checked.news), ...duplicateEndpointProblems(checked)],
  changeLine: (name, olds, news) => secretsLine('listeners', name, olds, news),
  warnings: ({ certificates }, nowMs) => faultTexts(certificateFaults(certificates, nowMs, isKnown)),
  complete: (normal) => {
    if (!isKnown(normal.protocol)) return { idleTimeoutSeconds: UNKNOWN, healthCheck: UNKNOWN, ...normal };
    const listener = normal as unknown as ListenerProperties;
    return { ...normal, idleTimeoutSeconds: idleTimeoutSeconds(listener), healthCheck: healthCheckOf(listener) };
  },
};
