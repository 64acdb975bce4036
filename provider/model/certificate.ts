// The properties of a certificate of an HTTPS listener.
import { z } from 'zod';

const MAX_PEM = 64 * 1024;

export const certificateSchema = z.strictObject(
  {
    /** PEM: the server's certificate, and behind it those that lead to its authority. */
    certificate: z.string('must be a PEM certificate').max(MAX_PEM, 'has at most 65536 characters'),
    /** PEM, not encrypted. */
    privateKey: z.string('must be a PEM private key').max(MAX_PEM, 'has at most 65536 characters'),
    /** Undefined: the names in the certificate. */
    serverNames: z
      .array(z.string('must be a host name').min(1, 'must not be empty').max(255, 'has at most 255 characters'))
      .max(100, 'has at most 100 names')
      .optional(),
  },
  'must be a certificate: its PEM text and that of its private key',
);

export type CertificateProperties = z.infer<typeof certificateSchema>;
