// Rules between the properties of one object, also of an object that stands in a property of another.
import type { Problem } from '../base/errors.ts';
import { propertyPath } from '../base/property-path.ts';
import { isRecord } from '../base/record.ts';
import type { IsKnown } from '../base/unknown.ts';

/** Returns the faults in the known parts of the input. The input need not fit the schema. */
export type Rule = (input: Readonly<Record<string, unknown>>, isKnown: IsKnown) => Problem[];

/** Makes a rule that applies the given rule to the object in a property. */
export function within(property: string, rule: Rule): Rule {
  return (input, isKnown) => {
    const value = input[property];
    if (!isKnown(value) || !isRecord(value)) return [];
    return rule(value, isKnown).map((problem) => ({ ...problem, path: `${property}.${problem.path}` }));
  };
}

/** Makes a rule that applies the given rule to each object of the map in a property. */
export function each(property: string, rule: Rule): Rule {
  return (input, isKnown) => {
    const map = input[property];
    if (!isKnown(map) || !isRecord(map)) return [];
    return Object.entries(map).flatMap(([name, value]) => {
      if (!isKnown(value) || !isRecord(value)) return [];
      return rule(value, isKnown).map(({ path, ...problem }) => ({
        ...problem,
        path: propertyPath([property, name, path]),
      }));
    });
  };
}
