// The resource BackendServer. Its id begins with its kind, so another kind replaces it; other changes do not.

import { propertyLine } from '../messages/property-line.ts';
import { backendServerSchema } from '../model/objects/backend-server.ts';
import type { ResourceDescription } from './description.ts';

/** The properties that decide whether a server may take traffic, in the order in which a reviewer asks for them. */
const SHOWN = ['status', 'isolated', 'expiresAt', 'bandwidthMbps', 'region', 'vpcId', 'zoneId', 'addresses'] as const;

export const backendServer: ResourceDescription<'backend-servers'> = {
  type: 'BackendServer',
  kind: 'backend-servers',
  schema: backendServerSchema,
  identity: ['kind'],
  idPrefix: ({ kind }) => ID_PREFIXES[String(kind)] ?? '',
  outputs: [],
  changeLine: (name, olds, news) => propertyLine(name, SHOWN, olds, news),
};

/** The prefixes with which the clouds write the ids of instances, network interfaces and container instances. */
const ID_PREFIXES: Readonly<Record<string, string>> = { ecs: 'i-', eni: 'eni-', eci: 'eci-' };
