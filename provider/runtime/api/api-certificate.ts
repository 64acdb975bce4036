// The certificate of the API in use, and what an operator is told of its end.
import type { FastifyBaseLogger } from 'fastify';
import type { StatusResponse } from '../../model/api/status.ts';
import { notAfterMs, type ValidityFault, validityFaults } from '../../model/base/validity.ts';
import { PEM_BLOCK } from '../../model/base/x509.ts';

/** Interval at which the log tells of a certificate that has expired or expires soon. */
const LOG_MS = 86_400_000;

export class ApiCertificate {
  readonly #logger: Pick<FastifyBaseLogger, 'warn'>;
  readonly #timer: NodeJS.Timeout;
  #entry: { readonly certificate: string } | undefined;

  /** `pem`: `undefined` for an API without TLS. */
  constructor(pem: Buffer | undefined, logger: Pick<FastifyBaseLogger, 'warn'>) {
    this.#logger = logger;
    this.#timer = setInterval(() => this.#log(), LOG_MS).unref();
    if (pem !== undefined) this.use(pem);
  }

  /** From now on, the API has this certificate. */
  use(pem: Buffer): void {
    // The file may have the private key too.
    const blocks = [...pem.toString('latin1').matchAll(PEM_BLOCK)].filter(([, label]) => label === 'CERTIFICATE');
    this.#entry = { certificate: blocks.map(([block]) => block).join('\n') };
    this.#log();
  }

  /** When the first certificate of the chain expires, in milliseconds since 1970. `undefined` without TLS. */
  get notAfterMs(): number | undefined {
    return this.#entry && notAfterMs(this.#entry);
  }

  /** The certificate in the status. Returns `undefined` without TLS. */
  status(nowMs: number): StatusResponse['apiCertificate'] {
    const endMs = this.notAfterMs;
    if (endMs === undefined) return undefined;
    const warnings = this.#faults(nowMs).map(({ text }) => text);
    return { notAfter: new Date(endMs).toISOString(), warnings: warnings.length > 0 ? warnings : undefined };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #faults(nowMs: number): readonly ValidityFault[] {
    return this.#entry === undefined ? [] : validityFaults(this.#entry, nowMs);
  }

  #log(): void {
    for (const { text } of this.#faults(Date.now())) {
      this.#logger.warn(`the certificate of the API ${text}; write a new one to --api-cert and send SIGHUP`);
    }
  }
}
