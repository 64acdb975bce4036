// Arguments that are given an output without a value: which of them are problems, and which problems they explain.
import { z } from 'zod';
import { MAX_PROBLEMS, type Problem, problemText } from '../model/base/errors.ts';
import { propertyPath } from '../model/base/property-path.ts';
import { isKnown } from '../model/base/unknown.ts';
import { problemsOf } from '../model/objects/validate.ts';
import { pathsOf, placesOf, withUnknown } from '../properties/absent.ts';
import { unwrapped } from '../properties/canonical-form.ts';
import type { Inputs } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';

/**
 * The problems, with those that an output without a value causes replaced by one that names the argument. Such an
 * argument is no problem where nothing is missing, because many arguments may be undefined. Without a target, a member
 * or the id of an adopted object, however, the program would mean something else.
 */
export function withValueless(
  resource: ResourceDescription,
  found: readonly Problem[],
  properties: Inputs,
  valueless: unknown,
): Problem[] {
  const paths = pathsOf(valueless).slice(0, MAX_PROBLEMS);
  if (paths.length === 0) return [...found];
  const causedBy = (causes: readonly (readonly string[])[]) => {
    const left = new Set(
      problemsOf(resource.kind, withUnknown(properties, placesOf(causes)), isKnown).map(problemText),
    );
    return problemsOf(resource.kind, properties, isKnown)
      .map(problemText)
      .filter((text) => !left.has(text));
  };
  const missing = new Set(found.map(({ path }) => path));
  const isCause = (path: readonly string[]) =>
    isNeeded(resource, path) || (found.length > 0 && (missing.has(propertyPath(path)) || causedBy([path]).length > 0));
  const causes = paths.filter(isCause);
  const named = causes.map((path) => ({ path: propertyPath(path), message: 'is given an output that has no value' }));
  const explained = new Set([...causedBy(causes), ...named.map(({ path }) => path)]);
  return [...named, ...found.filter((problem) => !explained.has(problem.path) && !explained.has(problemText(problem)))];
}

/** Whether an argument is an entry of a map that serves traffic, or names the object to adopt. */
function isNeeded({ schema }: ResourceDescription, [name = '', ...rest]: readonly string[]): boolean {
  if (rest.length === 0) return name === 'adopt';
  const map: unknown = schema.shape[name];
  return (
    rest.length === 1 && name !== 'tags' && map !== undefined && unwrapped(map as z.ZodType) instanceof z.ZodRecord
  );
}
