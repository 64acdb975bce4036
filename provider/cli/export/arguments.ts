// The arguments of a resource in an exported program: the object's properties without defaults, and its adoption.

import type { ApiObject } from '../../model/api/objects.ts';
import type { Kind } from '../../model/base/kinds.ts';
import { isRecord } from '../../model/base/record.ts';
import { replaceReferences } from '../../model/base/references.ts';
import { replaceSecrets, withSecretsOf } from '../../model/base/secrets.ts';
import { asWritten } from '../../properties/as-written.ts';
import { compact, type Properties } from '../../properties/properties.ts';
import type { ResourceDescription } from '../../resources/description.ts';
import { Expression, literal } from './literal.ts';

/** The expressions that stand in an exported program for secrets and for the ids of other objects. */
interface Substitutes {
  secret(path: readonly string[], fingerprint: string): unknown;
  reference(kind: Kind, id: string): unknown;
}

export function argumentsOf({ kind, schema }: ResourceDescription, stored: ApiObject, substitutes: Substitutes) {
  // An export has no written program to compare with: each secret is its fingerprint, and each default is left out.
  const properties = asWritten(schema, withSecretsOf(kind, stored, {}), {});
  const withoutSecrets = replaceSecrets(kind, properties, (name, fingerprint, path) => {
    return [name, substitutes.secret(path, String(fingerprint))];
  });
  return {
    ...withReferences(kind, withoutSecrets, substitutes),
    adopt: stored.id,
    // An object without an owner is adopted by its id alone. An object of another stack is adopted only if its owner is
    // named.
    ...(stored.owner && { adoptFrom: stored.owner }),
  };
}

function withReferences(kind: Kind, properties: Properties, substitutes: Substitutes): Properties {
  const own = isDeclared(properties.members) ? properties : { ...properties, members: undefined };
  const args: Properties = replaceReferences(kind, own, (to, id) => substitutes.reference(to, String(id)));
  return compact(Object.entries(isRecord(args.targets) ? { ...args, targets: withTypes(args.targets) } : args));
}

/**
 * Targets whose `type` TypeScript accepts. For a target that is named like a member of Object, such as `toString`,
 * TypeScript infers `type` as `string` instead of as one of its few values, so `as const` is added.
 */
function withTypes(targets: Properties): Properties {
  const entries = Object.entries(targets).map(([name, target]) => {
    if (!(name in Object.prototype) || !isRecord(target) || target.type === undefined) return [name, target];
    return [name, { ...target, type: new Expression(`${literal(target.type)} as const`) }];
  });
  return Object.fromEntries(entries);
}

/**
 * Whether the program declares the members of an auto scaling group. The API names members that joined through it by
 * their ids. Declaring those members would stop servers from joining through the API.
 */
function isDeclared(members: unknown): boolean {
  return isRecord(members) && Object.entries(members).some(([name, serverId]) => name !== serverId);
}
