// The secrets of an exported program: the runtime shows only fingerprints, so the stack's configuration has the values.
import { inOneLine } from '../../model/base/one-line.ts';
import { propertyPath } from '../../model/base/property-path.ts';
import { Expression } from './literal.ts';
import { camelCase, unique } from './names.ts';

interface Secret {
  readonly key: string;
  readonly property: string;
  /** The properties in the program that have this secret, each as "resource: path". */
  readonly places: string[];
}

export class Secrets {
  readonly #byFingerprint = new Map<string, Secret>();
  readonly #keys = new Set<string>();

  /**
   * The TypeScript expression that reads the secret at `path` of a resource from the stack's configuration. Equal
   * secrets share one configuration key, however many resources have them.
   */
  expressionFor(resource: string, path: readonly string[], fingerprint: string): Expression {
    const property = path.at(-1) ?? '';
    const known = this.#byFingerprint.get(`${property} ${fingerprint}`);
    const secret = known ?? { key: this.#keyFor(resource, path), property, places: [] };
    secret.places.push(`${resource}: ${propertyPath(path)}`);
    this.#byFingerprint.set(`${property} ${fingerprint}`, secret);
    return new Expression(`config.requireSecret(${JSON.stringify(secret.key)})`);
  }

  /** The shell commands that write the secrets into the stack's configuration. */
  commands(): string[] {
    return [...this.#byFingerprint.values()].map(({ key, places }) => {
      return `pulumi config set --secret ${key} < FILE    # ${inOneLine(places.join(', '))}`;
    });
  }

  #keyFor(resource: string, path: readonly string[]): string {
    return unique(camelCase([resource, ...path.slice(1)]), '', this.#keys);
  }
}
