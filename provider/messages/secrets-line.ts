// The line of a preview that names changed secrets. The engine masks their old and new values and shows no difference.

import type { Kind } from '../model/base/kinds.ts';
import { inOneLine } from '../model/base/one-line.ts';
import { propertyPath } from '../model/base/property-path.ts';
import { replaceSecrets } from '../model/base/secrets.ts';
import type { CanonicalForm, Properties } from '../properties/properties.ts';

const SAYS = ': secret changes: ';

/**
 * The preview's line for changed secrets, such as `web: secret changes: certificates.main.privateKey`. Returns
 * `undefined` if no secret changes. Secrets that are added or removed are left out, because the engine shows those.
 */
export function secretsLine(kind: Kind, name: string, before: CanonicalForm, after: CanonicalForm): string | undefined {
  const olds = secretsOf(kind, before);
  const changed = [...secretsOf(kind, after)].filter(([path, secret]) => olds.has(path) && olds.get(path) !== secret);
  if (changed.length === 0) return undefined;
  return hiddenLine(
    name,
    changed.map(([path]) => path),
  );
}

/** The line for whole properties that the program has made secret: `web: secret changes: targets`. */
export function hiddenLine(name: string, paths: readonly string[]): string {
  return name + SAYS + paths.join(', ');
}

/**
 * The property paths of a resource's changed secrets, as the provider's line names them. Returns `undefined` if there
 * is no such line.
 */
export function changedSecrets(name: string, lines: readonly string[]): string | undefined {
  // Lines are shown with unseen characters as escapes.
  const start = inOneLine(name + SAYS);
  return lines.find((line) => line.startsWith(start))?.slice(start.length);
}

/** The property paths of all secrets on several sides of an object. */
export function secretPathsOf(kind: Kind, sides: readonly Properties[]): ReadonlySet<string> {
  return new Set(sides.flatMap((side) => [...secretsOf(kind, side).keys()]));
}

/** The secrets of an object by property path. */
function secretsOf(kind: Kind, properties: Properties): Map<string, unknown> {
  const secrets = new Map<string, unknown>();
  replaceSecrets(kind, properties, (property, value, path) => {
    secrets.set(propertyPath(path), value);
    return [property, value];
  });
  return secrets;
}
