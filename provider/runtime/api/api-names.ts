// The names of the API. A web page that has made its own name lead to the API's address gets no response (DNS rebinding).
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { WeirError } from '../../model/base/errors.ts';

const MAX_PORT = 65_535;

export class ApiNames {
  readonly #names: ReadonlySet<string>;
  #certificate: X509Certificate | undefined;

  /** `names`: host names of the API, besides localhost, IP addresses and the names of the certificate. */
  constructor(names: readonly string[], certificate: Buffer | undefined) {
    this.#names = new Set(['localhost', ...names.map(plain)]);
    if (certificate !== undefined) this.useCertificate(certificate);
  }

  /** From now on, the API has the names of this certificate instead of those of the one before. */
  useCertificate(certificate: Buffer): void {
    this.#certificate = new X509Certificate(certificate);
  }

  /**
   * Returns `Misdirected` if the Host header names another host, or `Forbidden` if the request comes from a page of
   * another origin. A request of HTTP/1.0 may have no Host header, and no browser sends such requests.
   */
  faultOf(host: string | undefined, origin: string | undefined): WeirError | undefined {
    if (host !== undefined && !this.#has(host)) {
      const message = `This API is not named ${JSON.stringify(host)}: use its address, or start the runtime with --api-name.`;
      return new WeirError('Misdirected', message);
    }
    if (origin === undefined || isSameOrigin(origin, host ?? '')) return undefined;
    return new WeirError('Forbidden', `A page of ${JSON.stringify(origin)} may not call this API.`);
  }

  #has(host: string): boolean {
    const name = nameIn(host);
    if (name === undefined) return false;
    return isIP(name) !== 0 || this.#names.has(plain(name)) || this.#certificate?.checkHost(plain(name)) !== undefined;
  }
}

/** The name or address in a Host header, without the port. Returns `undefined` if the header is malformed. */
function nameIn(host: string): string | undefined {
  const [, address, name, port = '0'] = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(host) ?? [];
  return Number(port) <= MAX_PORT ? (address ?? name) : undefined;
}

/** A name as it is compared: lower case, and without the dot that ends a full name. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function isSameOrigin(origin: string, host: string): boolean {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  const own = url && URL.canParse(`${url.protocol}//${host}`) ? new URL(`${url.protocol}//${host}`) : undefined;
  return url !== undefined && own !== undefined && host !== '' && url.host === own.host;
}
