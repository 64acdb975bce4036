// A certificate of an HTTPS listener: its properties, whether chain and key can be served together, and for which names.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Problem } from './errors.ts';

const MAX_PEM = 64 * 1024;
const PEM_BLOCK = /-----BEGIN ([^-\r\n]+)-----[\s\S]*?-----END \1-----/g;
const DAY_MS = 86_400_000;

/** Labels of RFC 1123 2.1 and the underscore that is seen in practice; RFC 6125 6.4.3: a wildcard is the whole first label. */
const SERVER_NAME =
  /^(?=.{1,254}$)(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;

export const certificateSchema = z.strictObject(
  {
    /** PEM: the server's certificate, and behind it those that lead to its authority. */
    certificate: z.string('must be a PEM certificate').max(MAX_PEM, 'has at most 65536 characters'),
    /** PEM, not encrypted. */
    privateKey: z.string('must be a PEM private key').max(MAX_PEM, 'has at most 65536 characters'),
    /** Undefined: the names in the certificate. */
    serverNames: z
      .array(
        z
          .string('must be a host name')
          .regex(SERVER_NAME, 'must be a host name such as "www.example.com" or "*.example.com"'),
      )
      .max(100, 'has at most 100 names')
      .optional(),
  },
  'must be a certificate: its PEM text and that of its private key',
);

export type CertificateProperties = z.infer<typeof certificateSchema>;

/** Every problem of what is known of an entry that is well-formed; no message has anything of the key. */
export function certificateRules(
  { certificate, privateKey }: Readonly<Record<string, unknown>>,
  isKnown: (value: unknown) => boolean,
): Problem[] {
  const problems: Problem[] = [];
  let leaf: X509Certificate | undefined;
  let key: KeyObject | undefined;
  if (isKnown(certificate) && typeof certificate === 'string') {
    const chain = readChain(certificate);
    if (typeof chain === 'string') problems.push({ path: 'certificate', message: chain });
    else leaf = chain[0];
  }
  if (isKnown(privateKey) && typeof privateKey === 'string') {
    const read = readKey(privateKey);
    if (typeof read === 'string') problems.push({ path: 'privateKey', message: read });
    else key = read;
  }
  if (leaf !== undefined && key !== undefined && !leaf.checkPrivateKey(key)) {
    problems.push({ path: 'privateKey', message: 'does not belong to the certificate, the first one of the chain' });
  }
  return problems;
}

/** What does not keep a certificate from being served, but its clients from accepting it. */
export function certificateWarnings(certificate: string, nowMs: number): string[] {
  const { validFrom, validTo } = leafOf(certificate);
  if (Date.parse(validTo) < nowMs) return [`has expired: it was valid to ${validTo}`];
  // A clock that is a little behind is no reason to speak.
  if (Date.parse(validFrom) > nowMs + DAY_MS) return [`is not valid before ${validFrom}`];
  return [];
}

/** The names that the certificate itself says it is for. RFC 6125 6.4.4: the common name only where it has none. */
export function namesOf(certificate: string): string[] {
  const { subjectAltName, subject } = leafOf(certificate);
  // A value with a comma or the like in it is quoted, and is no host name.
  const names = [...(subjectAltName ?? '').matchAll(/(\w[\w ]*):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)]
    .filter(([, type]) => type === 'DNS')
    .map(([, , value = '']) => value);
  const common = /^CN=(.+)$/m.exec(subject)?.[1];
  if (names.length === 0 && common !== undefined) names.push(common);
  return names.filter((name) => SERVER_NAME.test(name));
}

function leafOf(certificate: string): X509Certificate {
  const [leaf] = readChain(certificate);
  if (!(leaf instanceof X509Certificate)) throw new Error('A certificate that was checked cannot be read.');
  return leaf;
}

/** The certificates, that of the server first; or what is wrong. */
function readChain(text: string): readonly [X509Certificate, ...X509Certificate[]] | string {
  const blocks = [...text.matchAll(PEM_BLOCK)];
  if (blocks.length === 0) return 'is not PEM: it must begin with -----BEGIN CERTIFICATE-----';
  const other = blocks.find(([, label]) => label !== 'CERTIFICATE');
  // A key in here would be stored and answered as if it were public.
  if (other !== undefined) return `must hold certificates only, and has a ${other[1]}`;
  const chain: X509Certificate[] = [];
  for (const [index, [block]] of blocks.entries()) {
    try {
      chain.push(new X509Certificate(block));
    } catch {
      return `cannot be read: certificate ${index + 1} of ${blocks.length} is damaged`;
    }
  }
  return chain as [X509Certificate, ...X509Certificate[]];
}

function readKey(text: string): KeyObject | string {
  const labels = [...text.matchAll(PEM_BLOCK)].map(([, label]) => label as string);
  if (labels.length === 0) return 'is not PEM: it must begin with -----BEGIN PRIVATE KEY-----';
  if (!labels.some((label) => label.endsWith('PRIVATE KEY'))) return 'has no private key in it';
  if (labels.includes('ENCRYPTED PRIVATE KEY') || /^Proc-Type:.*ENCRYPTED/m.test(text)) {
    return 'is encrypted with a passphrase: give the key without one, as the secret that it is';
  }
  try {
    return createPrivateKey(text);
  } catch {
    return 'cannot be read: it is damaged, or of a kind that is not known';
  }
}
