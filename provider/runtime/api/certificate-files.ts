// The certificate and key files of the API, read at the start and again at each reload.
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { openToRead } from '../../model/base/private-file.ts';

export interface CertificateFiles {
  readonly certificate: string;
  readonly privateKey: string;
}

interface ReadCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Reads both files. Throws an `Error` for the terminal if they are not a certificate and its private key. */
export function readCertificate({ certificate, privateKey }: CertificateFiles): ReadCertificate {
  const read = { cert: readPem(certificate), key: readPem(privateKey) };
  try {
    createSecureContext(read);
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`${certificate} and ${privateKey} are not a certificate and its private key: ${reason}`, {
      cause: error,
    });
  }
  return read;
}

/**
 * Gives the certificate in the files to all later connections, and returns the certificate. Throws if it cannot be
 * used; the server then keeps the certificate that it has.
 */
export function reloadCertificate(server: Server, files: CertificateFiles): Buffer {
  const read = readCertificate(files);
  server.setSecureContext(read);
  return read.cert;
}

function readPem(file: string): Buffer {
  try {
    const opened = openToRead(file);
    try {
      if (!fstatSync(opened).isFile()) throw new Error('it is not a file');
      return readFileSync(opened);
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
