// The line that a change of secrets prints to the preview: the engine masks old and new alike, and shows no difference.

import type { Kind } from '../model/base/kinds.ts';
import { propertyPath } from '../model/base/property-path.ts';
import { replaceSecrets } from '../model/base/secrets.ts';
import type { CanonicalForm, Properties } from '../properties/properties.ts';

const SAYS = ': secret changes: ';

/** `web: secret changes: certificates.main.privateKey`; of what comes or goes the engine tells. */
export function secretsLine(kind: Kind, name: string, before: CanonicalForm, after: CanonicalForm): string | undefined {
  const olds = secretsOf(kind, before);
  const changed = [...secretsOf(kind, after)].filter(([path, secret]) => olds.has(path) && olds.get(path) !== secret);
  if (changed.length === 0) return undefined;
  return hiddenLine(
    name,
    changed.map(([path]) => path),
  );
}

/** The same of whole properties, of which the program has made secrets. */
export function hiddenLine(name: string, paths: readonly string[]): string {
  return name + SAYS + paths.join(', ');
}

/** The paths that a line of the above tells of a resource; undefined where none is of it. */
export function changedSecrets(name: string, lines: readonly string[]): string | undefined {
  return lines.find((line) => line.startsWith(name + SAYS))?.slice(name.length + SAYS.length);
}

/** Each secret by its path. */
export function secretsOf(kind: Kind, properties: Properties): Map<string, unknown> {
  const secrets = new Map<string, unknown>();
  replaceSecrets(kind, properties, (property, value, path) => {
    secrets.set(propertyPath(path), value);
    return [property, value];
  });
  return secrets;
}
