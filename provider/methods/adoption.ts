// Adoption: the arguments by which a new resource takes over an existing object, and the conditions for it.
import { z } from 'zod';
import { secretPathsOf } from '../messages/secrets-line.ts';
import { shownValue } from '../messages/shown-value.ts';
import type { ApiObject } from '../model/api/objects.ts';
import { type Problem, problemsText, WeirError } from '../model/base/errors.ts';
import { KIND_NAMES } from '../model/base/kinds.ts';
import { propertyPath } from '../model/base/property-path.ts';
import { withSecretsOf } from '../model/base/secrets.ts';
import { isKnown } from '../model/base/unknown.ts';
import { stackOf } from '../model/base/urn.ts';
import { objectId } from '../model/objects/network.ts';
import { schemaProblems } from '../model/objects/validate.ts';
import { differencesBetween } from '../properties/differences.ts';
import { type Inputs, type Properties, picked } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';
import { compared } from './diff.ts';
import { observedOf } from './outputs.ts';

const adoptionSchema = z.object({
  adopt: objectId.optional(),
  adoptAndChange: z.boolean('must be true or false').optional(),
  adoptFrom: z.string('must be an owner, as errors name it').min(1, 'must not be empty').optional(),
});

/** Splits the inputs into properties and the arguments of adoption, and returns every problem of the arguments. */
export function splitAdoption(inputs: Inputs): { properties: Inputs; problems: Problem[] } {
  const { adopt, adoptAndChange, adoptFrom, ...properties } = inputs;
  const problems = schemaProblems(adoptionSchema, { adopt, adoptAndChange, adoptFrom }, isKnown);
  for (const [path, value] of Object.entries({ adoptAndChange, adoptFrom })) {
    if (value === undefined || adopt !== undefined) continue;
    problems.push({ path, message: 'is given without adopt: set adopt to the id of the object' });
  }
  return { properties, problems };
}

/**
 * Throws if the program must not adopt the object because of its owner, or if the object differs from the program and
 * `adoptAndChange` is not set.
 */
export function refuseAdoption(description: ResourceDescription, stored: ApiObject, inputs: Inputs): void {
  const name = `${KIND_NAMES[description.kind]} ${stored.id}`;
  refuseForeign(name, stored.owner, inputs);
  if (inputs.adoptAndChange === true) return;
  const differences = differencesOf(description, stored, inputs);
  if (differences.length === 0) return;
  throw new WeirError(
    'InvalidParameter',
    `The ${name} differs from the program: ${problemsText(differences)}. Nothing was changed: correct the program, or set adoptAndChange: true.`,
    differences,
  );
}

function refuseForeign(name: string, actual: string | undefined, { owner, adoptFrom }: Inputs): void {
  const isOurs = adoptFrom === undefined && (actual === undefined || stackOf(actual) === stackOf(String(owner)));
  if (isOurs || (adoptFrom !== undefined && adoptFrom === actual)) return;
  const advice =
    actual === undefined ? 'leave adoptFrom out' : `to take it over, set adoptFrom: ${JSON.stringify(actual)}`;
  throw new WeirError(
    'OwnedByOther',
    `The ${name} belongs to ${actual ?? 'nobody'}${adoptFrom === undefined ? '' : `, not to ${adoptFrom}`}: ${advice}.`,
  );
}

/**
 * The differences between the stored object and the program, each with its property path. No message contains a secret.
 */
function differencesOf(description: ResourceDescription, stored: ApiObject, inputs: Inputs): Problem[] {
  const actual = withSecretsOf(description.kind, stored, inputs) as Properties;
  const there = compared(description, observedOf(description, actual, inputs));
  const here = compared(description, inputs);
  const secrets = secretPathsOf(description.kind, [there, here]);
  const keys = Object.keys(description.schema.shape);
  return differencesBetween(picked(there, keys), picked(here, keys)).map(({ path, before, after }) => {
    const place = propertyPath(path);
    return { path: place, message: secrets.has(place) ? 'is another secret' : difference(before, after) };
  });
}

/** The difference between two values. */
function difference(before: unknown, after: unknown): string {
  if (after === undefined) return `is ${shownValue(before)} in the runtime and not in the program`;
  if (before === undefined) return `is ${shownValue(after)} in the program and not in the runtime`;
  return `is ${shownValue(before)} in the runtime and ${shownValue(after)} in the program`;
}
