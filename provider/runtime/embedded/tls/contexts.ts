// The OpenSSL contexts of a listener: one for the certificates of each server name, made at its first use.
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Problem } from '../../../model/base/errors.ts';
import { propertyPath } from '../../../model/base/property-path.ts';
import { type Choice, type Named, ServerNames } from '../../../model/base/server-names.ts';
import { namedCertificates } from '../../../model/base/x509.ts';
import type { CertificateSnapshot } from '../../contract/snapshot.ts';

/**
 * Limit for the contexts that are kept. There is one for each set of certificates that is served together, and each
 * takes some 100 KiB.
 */
const MAX_CONTEXTS = 1024;

/** The certificates of a server name and the OpenSSL context made from them. */
interface Held {
  readonly certificates: readonly CertificateSnapshot[];
  readonly context: SecureContext;
}

export class Contexts {
  readonly #certificates: readonly CertificateSnapshot[];
  readonly #ticketKeys: Uint8Array;
  readonly #names: ServerNames<CertificateSnapshot>;
  readonly #held = new Map<Choice<CertificateSnapshot>, SecureContext>();
  /** The contexts of earlier settings by the names of their certificates. */
  readonly #earlier: ReadonlyMap<string, Held>;

  /**
   * `previous` are the listener's earlier contexts. They are reused for unchanged certificates, because making one
   * takes about a millisecond.
   */
  constructor(certificates: readonly CertificateSnapshot[], ticketKeys: Uint8Array, previous: Contexts | undefined) {
    this.#certificates = certificates;
    this.#ticketKeys = ticketKeys;
    const isReusable = previous !== undefined && previous.#ticketKeys === ticketKeys;
    this.#earlier = isReusable ? previous.#all() : new Map();
    const entries = namedCertificates(certificates);
    this.#names = new ServerNames(entries as [Named<CertificateSnapshot>, ...Named<CertificateSnapshot>[]]);
  }

  isOf(certificates: readonly CertificateSnapshot[], ticketKeys: Uint8Array): boolean {
    return this.#certificates === certificates && this.#ticketKeys === ticketKeys;
  }

  /** The context for a server name. OpenSSL chooses among its certificates by what the client can take. */
  find(serverName: string | undefined): SecureContext {
    const choice = this.#names.find(serverName);
    const held = this.#held.get(choice);
    if (held !== undefined) return held;
    if (this.#held.size === MAX_CONTEXTS) this.#held.clear();
    const context = this.#make(choice.map(({ value }) => value));
    this.#held.set(choice, context);
    return context;
  }

  #make(certificates: readonly CertificateSnapshot[]): SecureContext {
    const earlier = this.#earlier.get(nameOf(certificates));
    if (earlier?.certificates.every((one, index) => isSamePair(one, certificates[index]))) return earlier.context;
    return secureContext(certificates, this.#ticketKeys);
  }

  /** The contexts that were used, by the names of their certificates. */
  #all(): ReadonlyMap<string, Held> {
    return new Map(
      [...this.#held].map(([choice, context]) => {
        const certificates = choice.map(({ value }) => value);
        return [nameOf(certificates), { certificates, context }];
      }),
    );
  }
}

/**
 * The reason why OpenSSL refuses a certificate or key that the model accepts, such as a key that is too weak. Returns
 * `undefined` if all are usable.
 */
export function certificateProblem(certificates: readonly CertificateSnapshot[]): Problem | undefined {
  for (const certificate of certificates) {
    try {
      secureContext([certificate]);
    } catch (error) {
      const { reason = 'no reason given' } = error as { reason?: string };
      const path = propertyPath(['certificates', certificate.name, 'certificate']);
      return { path, message: `cannot be served: OpenSSL refuses it (${reason})` };
    }
  }
  return undefined;
}

/** Makes a context that serves certificates with different kinds of keys. */
function secureContext(certificates: readonly CertificateSnapshot[], ticketKeys?: Uint8Array): SecureContext {
  return createSecureContext({
    cert: certificates.map(({ certificate }) => certificate),
    key: certificates.map(({ privateKey }) => privateKey),
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    // Renegotiation is off, because a client could make the server work by renegotiating without end.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(ticketKeys === undefined ? {} : { ticketKeys: Buffer.from(ticketKeys) }),
  });
}

function isSamePair(a: CertificateSnapshot, b: CertificateSnapshot | undefined): boolean {
  return a.certificate === b?.certificate && a.privateKey === b.privateKey;
}

function nameOf(certificates: readonly CertificateSnapshot[]): string {
  return JSON.stringify(certificates.map(({ name }) => name));
}
