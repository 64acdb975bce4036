// The OpenSSL contexts of a listener: one for each certificate, made once and found by server name.
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Problem } from '../../../model/base/errors.ts';
import { propertyPath } from '../../../model/base/property-path.ts';
import { namesOf } from '../../../model/base/x509.ts';
import type { CertificateSnapshot } from '../../contract/snapshot.ts';
import { type Named, ServerNames } from './server-names.ts';

/** A certificate and the OpenSSL context made from it. */
interface Held {
  readonly certificate: CertificateSnapshot;
  readonly context: SecureContext;
}

export class Contexts {
  readonly #certificates: readonly CertificateSnapshot[];
  readonly #ticketKeys: Uint8Array;
  readonly #held: readonly Held[];
  readonly #names: ServerNames<SecureContext>;

  /**
   * `previous` are the listener's earlier contexts. They are reused for unchanged certificates, because making one
   * takes about a millisecond.
   */
  constructor(certificates: readonly CertificateSnapshot[], ticketKeys: Uint8Array, previous: Contexts | undefined) {
    const reusable = previous !== undefined && previous.#ticketKeys === ticketKeys ? previous.#held : [];
    this.#certificates = certificates;
    this.#ticketKeys = ticketKeys;
    this.#held = certificates.map((certificate) => ({
      certificate,
      context:
        reusable.find((held) => isSamePair(held.certificate, certificate))?.context ??
        secureContext(certificate, ticketKeys),
    }));
    const named = this.#held.map(({ certificate, context }) => ({
      names: certificate.serverNames ?? namesOf(certificate.certificate),
      value: context,
    }));
    this.#names = new ServerNames(named as [Named<SecureContext>, ...Named<SecureContext>[]]);
  }

  isOf(certificates: readonly CertificateSnapshot[], ticketKeys: Uint8Array): boolean {
    return this.#certificates === certificates && this.#ticketKeys === ticketKeys;
  }

  find(serverName: string | undefined): SecureContext {
    return this.#names.find(serverName);
  }
}

/**
 * The reason why OpenSSL refuses a certificate or key that the model accepts, such as a key that is too weak. Returns
 * `undefined` if all are usable.
 */
export function certificateProblem(certificates: readonly CertificateSnapshot[]): Problem | undefined {
  for (const certificate of certificates) {
    try {
      secureContext(certificate);
    } catch (error) {
      const { reason = 'no reason given' } = error as { reason?: string };
      const path = propertyPath(['certificates', certificate.name, 'certificate']);
      return { path, message: `cannot be served: OpenSSL refuses it (${reason})` };
    }
  }
  return undefined;
}

function secureContext(
  { certificate, privateKey }: Pick<CertificateSnapshot, 'certificate' | 'privateKey'>,
  ticketKeys?: Uint8Array,
): SecureContext {
  return createSecureContext({
    cert: certificate,
    key: privateKey,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    // Renegotiation is off, because a client could make the server work by renegotiating without end.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(ticketKeys === undefined ? {} : { ticketKeys: Buffer.from(ticketKeys) }),
  });
}

function isSamePair(a: CertificateSnapshot, b: CertificateSnapshot): boolean {
  return a.certificate === b.certificate && a.privateKey === b.privateKey;
}
