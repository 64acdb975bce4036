// `diff`: whether the program's inputs mean something else than the state's outputs, and what replaces the object.
import { isDeepStrictEqual } from 'node:util';
import type { dynamic } from '@pulumi/pulumi';
import { hiddenLine } from '../messages/secrets-line.ts';
import { WeirError } from '../model/base/errors.ts';
import { KIND_NAMES } from '../model/base/kinds.ts';
import { resourceName } from '../model/base/urn.ts';
import { canonicalForm } from '../properties/canonical-form.ts';
import { type CanonicalForm, type Inputs, OPTIONS, type Properties, type State } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';

interface Difference extends dynamic.DiffResult {
  readonly changes: boolean;
  /** Whether a property of the object changes, and not only what the state keeps beside them. */
  readonly isOfProperties: boolean;
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
  const areOptionsOther = OPTIONS.some((option) => !isDeepStrictEqual(olds[option], news[option]));
  const hidden = changed.filter((key) => secrets.includes(key));
  const name = resourceName(news);
  const line = () => (hidden.length > 0 ? hiddenLine(name, hidden) : description.changeLine?.(name, before, after));
  return {
    changes: changed.length > 0 || isRenamed || isShimOther || areOptionsOther || moves,
    isOfProperties: changed.length > 0,
    replaces,
    deleteBeforeReplace: false,
    line: changed.length > 0 ? line() : undefined,
  };
}

/**
 * The difference as the engine gets it. A dynamic provider cannot name the properties that change. If `changes` is
 * missing, the engine compares the inputs itself: only then it honours `replaceOnChanges`, also for nested values, and
 * shows the changed values alone. It compares with `oldInputs`. A change that these do not show, because the state had
 * drifted from them, is reported by `changes`, and so is a replacement.
 */
export function forEngine(
  { changes, isOfProperties, replaces = [] }: Difference,
  news: Inputs,
  oldInputs: Inputs | undefined,
): dynamic.DiffResult {
  const result = { replaces, deleteBeforeReplace: false };
  const isSeenByEngine = oldInputs === undefined || !isDeepStrictEqual(written(oldInputs), written(news));
  const isLeftToEngine = isOfProperties && isSeenByEngine && replaces.length === 0;
  return isLeftToEngine ? result : { ...result, changes };
}

/** Inputs without the text of the provider, which every new version of it changes. */
function written({ __provider, ...inputs }: Inputs): Inputs {
  return inputs;
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
