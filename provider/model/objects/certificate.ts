// A certificate of an HTTPS listener: its properties, and whether its chain and its key fit together.
import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { PEM_BLOCK, readChain, SERVER_NAME } from '../base/x509.ts';
import { hostAdvice } from './host-advice.ts';
import { text } from './text.ts';

const MAX_PEM = 64 * 1024;

const NAME_FORM = 'must be a host name such as "www.example.com" or "*.example.com"';

function isServerName(text: string): boolean {
  return SERVER_NAME.test(text);
}

export const certificateSchema = z.strictObject(
  {
    /** The server's certificate as PEM, followed by the certificates that lead to its authority. */
    certificate: text('must be a PEM certificate', MAX_PEM),
    /** The private key as PEM, not encrypted. */
    privateKey: text('must be a PEM private key', MAX_PEM),
    /** The host names for which the certificate is used. `undefined` means the names in the certificate. */
    serverNames: z
      .array(
        text('must be a host name', 255).regex(SERVER_NAME, {
          error: ({ input }) => `${NAME_FORM}${hostAdvice(String(input), isServerName, 'name the hosts')}`,
        }),
        'must be a list of host names',
      )
      .max(100, 'must have at most 100 names')
      .optional(),
  },
  'must be a certificate: its PEM text and that of its private key',
);

/**
 * Every problem in the known parts of a certificate entry that fits the schema. No message contains any part of the
 * private key.
 */
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

function readKey(text: string): KeyObject | string {
  const labels = [...text.matchAll(PEM_BLOCK)].map(([, label]) => label as string);
  if (labels.length === 0) return 'is not PEM: it must begin with -----BEGIN PRIVATE KEY-----';
  if (!labels.some((label) => label.endsWith('PRIVATE KEY'))) return 'has no private key in it';
  if (labels.includes('ENCRYPTED PRIVATE KEY') || /^Proc-Type:.*ENCRYPTED/m.test(text)) {
    return 'is encrypted with a passphrase: give the key without one, as a Pulumi secret';
  }
  try {
    return createPrivateKey(text);
  } catch {
    return 'cannot be read: it is damaged, or of a kind that is not known';
  }
}
