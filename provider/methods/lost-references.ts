// References of a program to objects that it has made and that the runtime no longer has: the advice of their errors.
import { isWeirError, reworded } from '../model/base/errors.ts';
import type { Kind } from '../model/base/kinds.ts';
import { propertyPath } from '../model/base/property-path.ts';
import { referencesOf } from '../model/base/references.ts';
import { programOf } from '../program/program.ts';
import type { Inputs } from '../properties/properties.ts';

/**
 * The error of a write, with advice if the write names an object of the program that the runtime does not have. An `up`
 * does not read a resource that the program leaves as it was, and would fail each time.
 */
export function withRefreshAdvice(error: unknown, kind: Kind, inputs: Inputs): unknown {
  if (!isWeirError(error)) return error;
  const program = programOf(String(inputs.owner));
  const own = referencesOf(kind, inputs).filter((reference) => program.get(reference.kind, reference.id) !== undefined);
  const paths = new Set(own.map(({ path }) => propertyPath(path)));
  const isLost = error.details.some(({ path, message }) => paths.has(path) && message.startsWith('names no '));
  if (!isLost) return error;
  const advice = 'This program has made it, and it was deleted outside: `pulumi up --refresh` makes it again.';
  return reworded(error, `${error.message}. ${advice}`);
}
