// The line of a preview that shows a change of properties that decide which targets take traffic.

import { isKnown } from '../model/base/unknown.ts';
import type { CanonicalForm } from '../properties/properties.ts';

/**
 * The preview's line for changed properties, such as `web: port 80→81 · weight 100→7`. Returns `undefined` if none of
 * the properties changes.
 */
export function propertyLine(name: string, keys: readonly string[], olds: CanonicalForm, news: CanonicalForm) {
  const changed = keys.filter((key) => String(olds[key]) !== String(news[key]));
  if (changed.length === 0) return undefined;
  return `${name}: ${changed.map((key) => `${key} ${text(olds[key])}→${text(news[key])}`).join(' · ')}`;
}

function text(value: unknown): string {
  if (value === undefined) return 'none';
  if (Array.isArray(value)) return value.map(text).join(',');
  return isKnown(value) ? String(value) : '(known after up)';
}
