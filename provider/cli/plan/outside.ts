// Changes that others made in the runtime: a plan lists them, and an update keeps them unless it overwrites them.
import { outsideLines } from '../../messages/outside-lines.ts';
import { compared } from '../../methods/diff.ts';
import { mergedWith, outsideOf } from '../../methods/outside.ts';
import type { Masked } from '../../properties/properties.ts';
import type { ResourceDescription } from '../../resources/description.ts';
import type { PlanObject } from './plan-object.ts';
import { SECRET } from './preview.ts';

/** The object after an update: as the program describes it, with values that others changed and the program did not. */
export function afterUpdate(
  resource: ResourceDescription,
  stated: Masked,
  actual: PlanObject,
  program: PlanObject,
): PlanObject {
  const properties = compared(resource, mergedWith(resource, stated, program.properties, actual.properties));
  return { ...program, properties };
}

/** One line for each value that others changed. `program` is `undefined` if the object does not change. */
export function foundOutside(
  resource: ResourceDescription,
  stated: Masked,
  actual: PlanObject,
  program: PlanObject | undefined,
): string[] {
  const found = outsideOf(resource, stated, program?.properties ?? stated, actual.properties);
  // The runtime returns no secrets, and the preview hides them.
  const shown = found.filter(({ before, after }) => before !== SECRET && after !== SECRET);
  return outsideLines(actual.name, shown);
}
