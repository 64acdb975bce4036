// The arguments that an exported resource has in the program: its properties without defaults, and its adoption.

import type { ApiObject } from '../../model/api/objects.ts';
import type { Kind } from '../../model/base/kinds.ts';
import { isRecord } from '../../model/base/record.ts';
import { replaceReferences } from '../../model/base/references.ts';
import { replaceSecrets, withSecretsOf } from '../../model/base/secrets.ts';
import { asWritten } from '../../properties/as-written.ts';
import { compact, type Properties } from '../../properties/properties.ts';
import type { ResourceDescription } from '../../resources/description.ts';
import { Expression, literal } from './literal.ts';

/** What stands in the program for a secret, and for the id of another object. */
interface Substitutes {
  secret(path: readonly string[], fingerprint: string): unknown;
  reference(kind: Kind, id: string): unknown;
}

export function argumentsOf({ kind, schema }: ResourceDescription, stored: ApiObject, substitutes: Substitutes) {
  // Nothing is written yet, so that each secret is its fingerprint and each default is left out.
  const properties = asWritten(schema, withSecretsOf(kind, stored, {}), {});
  const withoutSecrets = replaceSecrets(kind, properties, (name, fingerprint, path) => {
    return [name, substitutes.secret(path, String(fingerprint))];
  });
  return {
    ...withReferences(kind, withoutSecrets, substitutes),
    adopt: stored.id,
    // An object of nobody is adopted without a word; one of another stack only by the name of its owner.
    ...(stored.owner && { adoptFrom: stored.owner }),
  };
}

function withReferences(kind: Kind, properties: Properties, substitutes: Substitutes): Properties {
  const own = isDeclared(properties.members) ? properties : { ...properties, members: undefined };
  const args: Properties = replaceReferences(kind, own, (to, id) => substitutes.reference(to, String(id)));
  return compact(Object.entries(isRecord(args.targets) ? { ...args, targets: withTypes(args.targets) } : args));
}

/**
 * TypeScript expects of a target that is named like a member of Object what that member is, and so takes one of a few
 * texts for any text.
 */
function withTypes(targets: Properties): Properties {
  const entries = Object.entries(targets).map(([name, target]) => {
    if (!(name in Object.prototype) || !isRecord(target) || target.type === undefined) return [name, target];
    return [name, { ...target, type: new Expression(`${literal(target.type)} as const`) }];
  });
  return Object.fromEntries(entries);
}

/** The API names members that have joined through it by their ids; declaring those would end that way of joining. */
function isDeclared(members: unknown): boolean {
  return isRecord(members) && Object.entries(members).some(([name, serverId]) => name !== serverId);
}
