// The secrets of an exported program: the runtime tells only their fingerprints, so the stack's configuration has them.
import { inOneLine } from '../../model/base/one-line.ts';
import { propertyPath } from '../../model/base/property-path.ts';
import { Expression } from './literal.ts';
import { camelCase, unique } from './names.ts';

interface Secret {
  readonly key: string;
  readonly property: string;
  /** Where the program has it, as a reader finds it. */
  readonly places: string[];
}

export class Secrets {
  readonly #byFingerprint = new Map<string, Secret>();
  readonly #keys = new Set<string>();

  /** What stands for the secret at `path` of the resource; the same secret has one key, however many resources have it. */
  expressionFor(resource: string, path: readonly string[], fingerprint: string): Expression {
    const property = path.at(-1) ?? '';
    const known = this.#byFingerprint.get(`${property} ${fingerprint}`);
    const secret = known ?? { key: this.#keyFor(resource, path), property, places: [] };
    secret.places.push(`${resource}: ${propertyPath(path)}`);
    this.#byFingerprint.set(`${property} ${fingerprint}`, secret);
    return new Expression(`config.requireSecret(${JSON.stringify(secret.key)})`);
  }

  /** The commands that give the stack its secrets. */
  commands(): string[] {
    return [...this.#byFingerprint.values()].map(({ key, places }) => {
      return `pulumi config set --secret ${key} < FILE    # ${inOneLine(places.join(', '))}`;
    });
  }

  #keyFor(resource: string, path: readonly string[]): string {
    return unique(camelCase([resource, ...path.slice(1)]), '', this.#keys);
  }
}
