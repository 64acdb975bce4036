// Lines to the user about an object in the runtime: its warnings, and what others changed in it.
import { type OutsideChange, outsideLines } from '../messages/outside-lines.ts';
import { report, reportOnce } from '../messages/report.ts';
import { type ApiObject, warningsOf } from '../model/api/objects.ts';
import { resourceName } from '../model/base/urn.ts';
import type { Inputs } from '../properties/properties.ts';

/**
 * Shows the runtime's warnings about an object to the user. `inputs` have no owner if the resource only reads the
 * object.
 */
export function reportWarnings(inputs: Inputs, stored: ApiObject): void {
  const name = resourceName(inputs) || stored.id;
  for (const warning of warningsOf(stored)) reportOnce(`${name}: ${warning}`);
}

/** Shows what others changed in the object of a resource to the user. */
export function reportOutside(inputs: Inputs, changes: readonly OutsideChange[]): void {
  for (const line of outsideLines(resourceName(inputs), changes)) report(line);
}
