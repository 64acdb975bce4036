// The line that a change of secrets prints to the preview: the engine masks old and new alike, and shows no difference.
import { propertyPath } from './model/property-path.ts';
import { replaceSecrets } from './model/secrets.ts';
import type { Kind } from './model/validate.ts';
import type { Properties } from './normal-form.ts';

/** `web: secret changes: certificates.main.privateKey`; of what comes or goes the engine tells. */
export function secretsLine(kind: Kind, name: string, before: Properties, after: Properties): string | undefined {
  const olds = secretsOf(kind, before);
  const changed = [...secretsOf(kind, after)].filter(([path, secret]) => olds.has(path) && olds.get(path) !== secret);
  if (changed.length === 0) return undefined;
  return `${name}: secret changes: ${changed.map(([path]) => path).join(', ')}`;
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
