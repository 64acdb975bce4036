// Certificates for tests that are valid in a given time, also in the past, and that an authority has signed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pair } from './certificates.ts';

interface DatedOptions {
  /** Days from now to the begin and to the end of the certificate. A negative number lies in the past. */
  readonly fromDays?: number;
  readonly toDays: number;
  /** The certificate and key that sign. `undefined` for a self-signed certificate. */
  readonly issuer?: Pair;
  readonly isAuthority?: boolean;
}

const CONFIGURATION = `
[ca]
default_ca = default
[default]
database = index
new_certs_dir = .
default_md = sha256
policy = policy
copy_extensions = copyall
rand_serial = yes
unique_subject = no
[policy]
commonName = supplied
`;

/** Makes a certificate for one host name, or of an authority with that name. */
export function makeDatedPair(name: string, { fromDays = -100, toDays, issuer, isAuthority }: DatedOptions): Pair {
  const folder = mkdtempSync(join(tmpdir(), 'weir-certificate-'));
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  try {
    writeFileSync(join(folder, 'configuration'), CONFIGURATION);
    writeFileSync(join(folder, 'index'), '');
    const extension = isAuthority ? 'basicConstraints=critical,CA:TRUE' : `subjectAltName=DNS:${name}`;
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key'];
    openssl('req', '-new', ...key, '-out', 'request', '-subj', `/CN=${name}`, '-addext', extension);
    if (issuer !== undefined) {
      writeFileSync(join(folder, 'issuer'), issuer.certificate);
      writeFileSync(join(folder, 'issuer-key'), issuer.privateKey);
    }
    const signer =
      issuer === undefined ? ['-selfsign', '-keyfile', 'key'] : ['-cert', 'issuer', '-keyfile', 'issuer-key'];
    const dates = ['-startdate', dateOf(fromDays), '-enddate', dateOf(toDays)];
    const files = ['-in', 'request', '-out', 'certificate'];
    openssl('ca', '-batch', '-notext', '-config', 'configuration', ...signer, ...dates, ...files);
    return { certificate: text('certificate'), privateKey: text('key') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The time as openssl takes it, such as 20260101000000Z. */
function dateOf(days: number): string {
  return `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}
