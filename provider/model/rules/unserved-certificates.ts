// Certificates of a listener that no client gets, or not for each of their names.
import { propertyPath } from '../base/property-path.ts';
import { type Named, ServerNames } from '../base/server-names.ts';
import { namedCertificates } from '../base/x509.ts';

interface NamedCertificate {
  readonly name: string;
  readonly certificate: string;
  readonly serverNames?: readonly string[] | undefined;
}

const MAX_NAMES = 3;
const KEYS: Readonly<Record<string, string>> = { rsa: 'RSA', 'rsa-pss': 'RSA-PSS', ec: 'ECDSA', ed25519: 'Ed25519' };

/**
 * Warnings for certificates that are hidden by others: of several with the same server name, clients get one for each
 * kind of key. `certificates` are in the order in which they are preferred.
 */
export function unservedWarnings(certificates: readonly NamedCertificate[]): string[] {
  const [first, ...others] = namedCertificates(certificates);
  if (first === undefined) return [];
  const names = new ServerNames([first, ...others]);
  const byDefault = names.find(undefined);
  return others.flatMap((entry) => {
    const hidden = names.hidden(entry);
    if (entry.names.length === 0 && !byDefault.includes(entry)) {
      return [`${pathOf(entry)} is never served: it is for no server name, and is not the first certificate`];
    }
    const [other] = hidden.values();
    if (other === undefined) return [];
    const isNever = hidden.size === new Set(entry.names).size && !byDefault.includes(entry);
    const reason = `${pathOf(other)} comes first and has the same kind of key (${KEYS[entry.keyType] ?? entry.keyType})`;
    const extent = isNever ? 'never served' : `not served for ${listed([...hidden.keys()])}`;
    return [`${pathOf(entry)} is ${extent}: ${reason}`];
  });
}

function pathOf({ value }: Named<NamedCertificate>): string {
  return propertyPath(['certificates', value.name]);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}
