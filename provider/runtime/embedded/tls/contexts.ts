// What OpenSSL needs to serve a listener's certificates: one context each, made once, found by server name.
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { namesOf } from '../../../model/certificate.ts';
import type { CertificateSnapshot } from '../../snapshot.ts';
import { type Named, ServerNames } from './server-names.ts';

interface Held {
  readonly certificate: CertificateSnapshot;
  readonly context: SecureContext;
}

export class Contexts {
  readonly #certificates: readonly CertificateSnapshot[];
  readonly #ticketKeys: Uint8Array;
  readonly #held: readonly Held[];
  readonly #names: ServerNames<SecureContext>;

  /** `previous`: those of the same listener, whose contexts stay where nothing changed: each costs about a millisecond. */
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

/** Throws where OpenSSL does not take the pair: beyond what the model checks it refuses keys that are too weak. */
export function secureContext(
  { certificate, privateKey }: Pick<CertificateSnapshot, 'certificate' | 'privateKey'>,
  ticketKeys?: Uint8Array,
): SecureContext {
  return createSecureContext({
    cert: certificate,
    key: privateKey,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    // A client could have the server work by renegotiating without end.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(ticketKeys === undefined ? {} : { ticketKeys: Buffer.from(ticketKeys) }),
  });
}

function isSamePair(a: CertificateSnapshot, b: CertificateSnapshot): boolean {
  return a.certificate === b.certificate && a.privateKey === b.privateKey;
}
