// Titles of objects in a plan, such as "listener `web`".
import { KIND_NAMES } from '../../model/base/kinds.ts';
import { projectAndStackOf } from '../../model/base/owners.ts';
import { code } from './markdown.ts';
import type { PlanObject } from './plan-object.ts';

/** The title of an object, as Markdown. */
export function titleOf({ kind, name, properties }: PlanObject): string {
  const title = `${KIND_NAMES[kind]} ${code(name)}`;
  return kind === 'rules' ? `${title} (${code(`${properties.host ?? ''}${properties.path ?? ''}`)})` : title;
}

/** The name of an object as Markdown, with the stack that owns it if that is another stack. */
export function nameWithStack({ name, foreignOwner }: PlanObject): string {
  if (foreignOwner === undefined) return code(name);
  const stack = projectAndStackOf(foreignOwner);
  return `${code(name)} of ${stack === undefined ? 'no stack' : code(stack)}`;
}
