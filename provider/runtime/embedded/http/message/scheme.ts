// What differs between plain HTTP and HTTPS once the bytes are there.

export interface Scheme {
  /** Of the listener. */
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly name: 'http' | 'https';
  readonly prefix: string;
  readonly defaultPort: number;
}

export const HTTP: Scheme = { protocol: 'HTTP', name: 'http', prefix: 'http://', defaultPort: 80 };
export const HTTPS: Scheme = { protocol: 'HTTPS', name: 'https', prefix: 'https://', defaultPort: 443 };
