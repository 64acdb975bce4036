// The lease of a member of an auto scaling group, as the API shows it.
import { z } from 'zod';

export const leaseShape = z.object({
  ttlSeconds: z.number(),
  /** When the server ceases to be a member, unless the lease is renewed before. */
  expiresAt: z.iso.datetime(),
});

export type ApiLease = z.infer<typeof leaseShape>;
