// The first lines of a plan: a hidden marker and a heading, both of which name the stack.
import { projectAndStackOf } from '../../model/base/owners.ts';
import { code } from './markdown.ts';

/** The beginning of the first step or diagnostic that names its resource, in a preview that may be cut off. */
const URN = /"urn":\s*"(urn:pulumi:[^"\\]*)"/;

/** The stack that a preview is of, as PROJECT/STACK. Returns `undefined` if the text names none. */
export function stackIn(preview: string): string | undefined {
  return projectAndStackOf(URN.exec(preview)?.[1]);
}

/**
 * The marker and the heading of a plan. The marker is an HTML comment in a line of its own, by which a pipeline finds
 * the comment of the stack again. The name of a stack has only letters, digits and `-_.`, so it cannot end the marker.
 */
export function headingOf(stack: string | undefined): string[] {
  if (stack === undefined) return ['<!-- weir plan -->', '## Weir plan'];
  return [`<!-- weir plan ${stack} -->`, `## Weir plan of ${code(stack)}`];
}
