// The differences between HTTP and HTTPS after decryption.

/** The scheme of a client connection, `http` or `https`, with its default port. */
export interface Scheme {
  /** The listener protocol that uses the scheme. */
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly name: 'http' | 'https';
  readonly prefix: string;
  readonly defaultPort: number;
}

export const HTTP: Scheme = { protocol: 'HTTP', name: 'http', prefix: 'http://', defaultPort: 80 };
export const HTTPS: Scheme = { protocol: 'HTTPS', name: 'https', prefix: 'https://', defaultPort: 443 };
