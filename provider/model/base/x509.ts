// Chains of PEM certificates: their certificates and the names in them. This file loads no zod, because workers import it.
import { X509Certificate } from 'node:crypto';
import type { Named } from './server-names.ts';

/**
 * A PEM block (RFC 7468 3). It must not contain a second BEGIN or END line: otherwise each search for a missing end
 * would go to the end of the text.
 */
export const PEM_BLOCK = /-----BEGIN ([^-\r\n]+)-----(?:(?!-----)[\s\S])*-----END \1-----/g;
const PEM_BEGIN = /-----BEGIN ([^-\r\n]+)-----/g;

/**
 * Labels of RFC 1123 2.1 and the underscore that is seen in practice. A wildcard is the whole first label (RFC 6125
 * 6.4.3).
 */
export const SERVER_NAME =
  /^(?=.{1,254}$)(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;

/** The host names that a certificate is for. The common name counts only if there is no other name (RFC 6125 6.4.4). */
function namesIn({ subjectAltName, subject }: X509Certificate): string[] {
  // A subject alternative name with a comma or a similar character is quoted, and is no host name.
  const names = [...(subjectAltName ?? '').matchAll(/(\w[\w ]*):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)]
    .filter(([, type]) => type === 'DNS')
    .map(([, , value = '']) => value);
  const common = /^CN=(.+)$/m.exec(subject)?.[1];
  if (names.length === 0 && common !== undefined) names.push(common);
  return names.filter((name) => SERVER_NAME.test(name));
}

/** Certificates with the server names that they are for, and the kinds of their keys, such as "rsa" or "ec". */
export function namedCertificates<T extends { certificate: string; serverNames?: readonly string[] | undefined }>(
  certificates: readonly T[],
): Named<T>[] {
  return certificates.map((value) => {
    const leaf = leafOf(value.certificate);
    return { names: value.serverNames ?? namesIn(leaf), keyType: leaf.publicKey.asymmetricKeyType ?? '', value };
  });
}

function leafOf(certificate: string): X509Certificate {
  const [leaf] = readChain(certificate);
  if (!(leaf instanceof X509Certificate)) throw new Error('A certificate that was checked cannot be read.');
  return leaf;
}

/**
 * The certificates in a PEM text, beginning with the server's. Returns a text that says what is wrong if they cannot be
 * read.
 */
export function readChain(text: string): readonly [X509Certificate, ...X509Certificate[]] | string {
  const blocks = [...text.matchAll(PEM_BLOCK)];
  if (blocks.length === 0) return 'is not PEM: it must begin with -----BEGIN CERTIFICATE-----';
  const begun = [...text.matchAll(PEM_BEGIN)];
  const other = begun.find(([, label]) => label !== 'CERTIFICATE');
  // A private key among the certificates would be stored and shown as if it were public.
  if (other !== undefined) return `must hold certificates only, and has a ${other[1]}`;
  if (begun.length > blocks.length) return 'is cut off: a block in it has no end';
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
