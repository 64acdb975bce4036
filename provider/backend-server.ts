// The backend server as a resource: what kind of server it is begins its id and makes it this one, all else changes in place.
import { backendServerSchema } from './model/backend-server.ts';
import type { ResourceDescription } from './resource.ts';
import { isKnown } from './unknown.ts';

/** What changes whether a server may take traffic, in the order in which a reviewer asks for it. */
const SHOWN = ['status', 'isolated', 'expiresAt', 'bandwidthMbps', 'region', 'vpcId', 'zoneId', 'addresses'] as const;

export const backendServer: ResourceDescription = {
  type: 'BackendServer',
  kind: 'backend-servers',
  schema: backendServerSchema,
  identity: ['kind'],
  idPrefix: ({ kind }) => ID_PREFIXES[String(kind)] ?? '',
  outputs: [],
  changeLine: (name, olds, news) => {
    const changed = SHOWN.filter((key) => String(olds[key]) !== String(news[key]));
    if (changed.length === 0) return undefined;
    return `${name}: ${changed.map((key) => `${key} ${text(olds[key])}→${text(news[key])}`).join(' · ')}`;
  },
};

/** As the documents write the ids of instances, network interfaces and container instances. */
const ID_PREFIXES: Readonly<Record<string, string>> = { ecs: 'i-', eni: 'eni-', eci: 'eci-' };

function text(value: unknown): string {
  if (value === undefined) return 'none';
  if (Array.isArray(value)) return value.map(text).join(',');
  return isKnown(value) ? String(value) : '(known after up)';
}
