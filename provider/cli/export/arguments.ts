// The arguments that an exported resource has in the program: its properties without defaults, and its adoption.

import type { ApiObject } from '../../model/api/objects.ts';
import type { Kind } from '../../model/base/kinds.ts';
import { isRecord } from '../../model/base/record.ts';
import { REFERENCES } from '../../model/base/references.ts';
import { replaceSecrets, withSecretsOf } from '../../model/base/secrets.ts';
import { asWritten } from '../../properties/as-written.ts';
import { compact, type Properties } from '../../properties/properties.ts';
import type { ResourceDescription } from '../../resources/description.ts';
import { Expression, literal } from './literal.ts';

/** What stands in the program for a secret, and for the id of another object. */
export interface Substitutes {
  secret(path: readonly string[], fingerprint: string): unknown;
  reference(kind: Kind, id: string): unknown;
}

const KIND_OF: Readonly<Record<string, Kind>> = REFERENCES;

export function argumentsOf({ kind, schema }: ResourceDescription, stored: ApiObject, substitutes: Substitutes) {
  // Nothing is written yet, so that each secret is its fingerprint and each default is left out.
  const properties = asWritten(schema, withSecretsOf(kind, stored, {}), {});
  const withoutSecrets = replaceSecrets(kind, properties, (name, fingerprint, path) => {
    return [name, substitutes.secret(path, String(fingerprint))];
  });
  return {
    ...withReferences(withoutSecrets, substitutes),
    adopt: stored.id,
    // An object of nobody is adopted without a word; one of another stack only by the name of its owner.
    ...(stored.owner && { adoptFrom: stored.owner }),
  };
}

function withReferences(properties: Properties, substitutes: Substitutes): Properties {
  const memberReference = (serverId: unknown) => substitutes.reference('backend-servers', String(serverId));
  const entries = Object.entries(properties).map(([name, value]): [string, unknown] => {
    const kind = KIND_OF[name];
    if (kind !== undefined) return [name, substitutes.reference(kind, String(value))];
    if (name === 'targets') return [name, eachOf(value, (target, key) => argumentsOfTarget(key, target, substitutes))];
    if (name === 'members') return [name, isDeclared(value) ? eachOf(value, memberReference) : undefined];
    return [name, value];
  });
  return compact(entries);
}

/**
 * TypeScript expects of a property that is named like a member of Object what that member is, and so takes one of a few
 * texts for any text.
 */
function argumentsOfTarget(name: string, target: unknown, substitutes: Substitutes): Properties {
  const properties = withReferences(target as Properties, substitutes);
  if (properties.type === undefined || !(name in Object.prototype)) return properties;
  return { ...properties, type: new Expression(`${literal(properties.type)} as const`) };
}

/** The API names members that have joined through it by their ids; declaring those would end that way of joining. */
function isDeclared(members: unknown): boolean {
  return isRecord(members) && Object.entries(members).some(([name, serverId]) => name !== serverId);
}

function eachOf(map: unknown, change: (item: unknown, name: string) => unknown): Properties {
  return Object.fromEntries(Object.entries(isRecord(map) ? map : {}).map(([name, item]) => [name, change(item, name)]));
}
