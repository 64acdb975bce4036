// A rule between the properties of one object, and the same rule for objects that stand in a property of it.
import type { Problem } from '../base/errors.ts';
import { propertyPath } from '../base/property-path.ts';
import { isRecord } from '../base/record.ts';
import type { IsKnown } from '../base/unknown.ts';

/** Returns the faults of what is known of the input. The input need not fit the schema. */
export type Rule = (input: Readonly<Record<string, unknown>>, isKnown: IsKnown) => Problem[];

/** The rule for the object that is the property's value. */
export function within(property: string, rule: Rule): Rule {
  return (input, isKnown) => {
    const value = input[property];
    if (!isKnown(value) || !isRecord(value)) return [];
    return rule(value, isKnown).map((problem) => ({ ...problem, path: `${property}.${problem.path}` }));
  };
}

/** The rule for each value of the map that is the property's value. */
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
