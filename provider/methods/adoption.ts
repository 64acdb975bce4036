// Adoption: the arguments by which a new resource takes over an existing object, and the conditions for it.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { secretsOf } from '../messages/secrets-line.ts';
import type { ApiObject } from '../model/api/objects.ts';
import { type Problem, problemsText, WeirError } from '../model/base/errors.ts';
import { KIND_NAMES } from '../model/base/kinds.ts';
import { inOneLine } from '../model/base/one-line.ts';
import { propertyPath } from '../model/base/property-path.ts';
import { isRecord, valueIn } from '../model/base/record.ts';
import { withSecretsOf } from '../model/base/secrets.ts';
import { isKnown } from '../model/base/unknown.ts';
import { stackOf } from '../model/base/urn.ts';
import { objectId } from '../model/objects/network.ts';
import { schemaProblems } from '../model/objects/validate.ts';
import type { Inputs, Properties } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';
import { compared } from './diff.ts';

const MAX_SHOWN_LENGTH = 60;

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
  const there = compared(description, description.observed?.(actual, inputs) ?? actual);
  const here = compared(description, inputs);
  const isSecret = (path: string) => [there, here].some((side) => secretsOf(description.kind, side).has(path));
  const differences: Problem[] = [];
  const compare = (path: readonly string[], before: unknown, after: unknown): void => {
    if (isDeepStrictEqual(before, after)) return;
    if (isRecord(before) && isRecord(after)) {
      const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
      for (const key of keys) compare([...path, key], valueIn(before, key), valueIn(after, key));
      return;
    }
    const place = propertyPath(path);
    const values = isSecret(place) ? 'is another secret' : difference(before, after);
    differences.push({ path: place, message: values });
  };
  for (const key of Object.keys(description.schema.shape)) compare([key], there[key], here[key]);
  return differences;
}

/** The difference between two values. A whole object is not shown, because it may contain secrets. */
function difference(before: unknown, after: unknown): string {
  if (after === undefined) return `is ${shown(before)} in the runtime and not in the program`;
  if (before === undefined) return `is ${shown(after)} in the program and not in the runtime`;
  return `is ${shown(before)} in the runtime and ${shown(after)} in the program`;
}

function shown(value: unknown): string {
  if (isRecord(value)) return 'given';
  const text = inOneLine(JSON.stringify(value));
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}
