// The lease of a member that joined an auto scaling group: how long the member stays without a renewal.
import { z } from 'zod';
import { MAX_TTL_SECONDS, MIN_TTL_SECONDS, TTL_FORM } from '../base/lease-limits.ts';

/** The time to live of a lease in seconds, as a query gives it. */
export const ttlSeconds = z.coerce
  .number(TTL_FORM)
  .int(TTL_FORM)
  .min(MIN_TTL_SECONDS, TTL_FORM)
  .max(MAX_TTL_SECONDS, TTL_FORM);
