// How a plan calls what it is about: "listener `web`".
import { KIND_NAMES } from '../../model/base/kinds.ts';
import { code } from './markdown.ts';
import type { PlanObject } from './plan-object.ts';

/** Markdown. */
export function titleOf({ kind, name, properties }: PlanObject): string {
  const title = `${KIND_NAMES[kind]} ${code(name)}`;
  return kind === 'rules' ? `${title} (${code(`${properties.host ?? ''}${properties.path ?? ''}`)})` : title;
}
