// Certificates for tests, made by openssl; each call makes a new pair of certificate and private key.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';

export interface Pair {
  readonly certificate: string;
  readonly privateKey: string;
}

interface PairOptions {
  /** Common name of the subject; the default is the first DNS name. */
  readonly commonName?: string;
  /** Algorithm of the key, as in the `-newkey` option of openssl. */
  readonly key?: string;
  /** Curve of a key of the algorithm `ec`. */
  readonly curve?: string;
}

/**
 * Makes a self-signed certificate for the DNS names. An empty list makes a certificate without subject alternative
 * names.
 */
export function makePair(
  names: readonly string[],
  { commonName, key = 'ec', curve = 'prime256v1' }: PairOptions = {},
): Pair {
  const folder = mkdtempSync(join(tmpdir(), 'weir-certificate-'));
  const file = (name: string) => join(folder, name);
  try {
    const parameters = key === 'ec' ? ['-pkeyopt', `ec_paramgen_curve:${curve}`] : [];
    const subject = ['-subj', `/CN=${commonName ?? names[0]}`];
    const alternatives =
      names.length > 0 ? ['-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`] : [];
    const output = ['-keyout', file('key'), '-out', file('certificate'), '-days', '365'];
    const request = ['req', '-x509', '-newkey', key, ...parameters, '-nodes', ...output, ...subject, ...alternatives];
    execFileSync('openssl', request, { stdio: ['ignore', 'ignore', 'pipe'] });
    return {
      certificate: readFileSync(file('certificate'), 'utf8'),
      privateKey: readFileSync(file('key'), 'utf8'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Connects to a TLS server and returns the common name of its certificate. */
export async function servedName(port: number): Promise<string> {
  const client = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(client, 'secureConnect');
  const { subject } = client.getPeerCertificate();
  client.destroy();
  return String(subject.CN);
}
