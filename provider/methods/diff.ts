// `diff`: whether the program's inputs mean something else than the state's outputs, and what replaces the object.
import { isDeepStrictEqual } from 'node:util';
import type { dynamic } from '@pulumi/pulumi';
import { hiddenLine } from '../messages/secrets-line.ts';
import { WeirError } from '../model/base/errors.ts';
import { KIND_NAMES } from '../model/base/kinds.ts';
import { resourceName } from '../model/base/urn.ts';
import { canonicalForm } from '../properties/canonical-form.ts';
import type { CanonicalForm, Inputs, Properties, State } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';

interface Difference extends dynamic.DiffResult {
  /** The line of the preview for a change of membership or of secrets. `undefined` if there is none. */
  readonly line?: string | undefined;
}

/**
 * Compares a resource's state with the program's inputs. It does no I/O, because the engine calls it for every resource
 * of the stack. `secrets` names the properties whose values must not be printed.
 */
export function diff(
  description: ResourceDescription,
  olds: State,
  news: Inputs,
  acceptRuntime: string | undefined,
  secrets: readonly string[] = [],
): Difference {
  const before = compared(description, olds);
  const after = compared(description, description.desired?.(news, olds) ?? news);
  const keys = Object.keys(description.schema.shape);
  // An unknown value equals no value in the state, so it counts as a change.
  const changed = keys.filter((key) => !isDeepStrictEqual(before[key], after[key]));
  const replaces = changed.filter((key) => description.identity.includes(key));
  refuseReplacement(description, olds, replaces);
  const isRenamed = olds.owner !== news.owner;
  // If the text of the provider in the state is an old one, an update in place renews it, because refresh and destroy
  // run that text.
  const isShimOther = olds.__provider !== news.__provider;
  const moves = acceptRuntime !== undefined && acceptRuntime !== olds.runtimeId;
  const hidden = changed.filter((key) => secrets.includes(key));
  const name = resourceName(news);
  const line = () => (hidden.length > 0 ? hiddenLine(name, hidden) : description.changeLine?.(name, before, after));
  return {
    changes: changed.length > 0 || isRenamed || isShimOther || moves,
    replaces,
    deleteBeforeReplace: false,
    line: changed.length > 0 ? line() : undefined,
  };
}

/** Properties as they are compared: with every default, including defaults that depend on other properties. */
export function compared({ schema, complete }: ResourceDescription, properties: Properties): CanonicalForm {
  const normal = canonicalForm(schema, properties) as CanonicalForm;
  return complete?.(normal) ?? normal;
}

function refuseReplacement(description: ResourceDescription, olds: State, replaces: readonly string[]): void {
  const reason = replaces.length > 0 ? description.refusesReplacement?.(olds) : undefined;
  if (reason === undefined) return;
  throw new WeirError(
    'OperationFailed.ActionNotSupport',
    `a change of ${replaces.join(' and ')} replaces the ${KIND_NAMES[description.kind]}, but ${reason}`,
  );
}
