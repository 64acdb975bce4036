// The parameters in paths and queries of the API.
import { z } from 'zod';
import { ttlSeconds } from '../objects/lease.ts';
import { text } from '../objects/text.ts';
import { identitySchema } from './objects-by-kind.ts';

const LIMIT = 'must be a whole number from 1 to 1000';

/** Maximum length of a parameter in a path. The router takes no longer one. */
export const MAX_PARAMETER = 400;

const parameter = text('must be an id', MAX_PARAMETER);

export const idParams = z.object({ id: parameter });

export const memberParams = z.object({ id: parameter, serverId: parameter });

/** `ttl`: time to live of the membership in seconds. Without it, the server stays until it leaves. */
export const joinQuery = z.object({ ttl: ttlSeconds.optional() });

export const listQuery = z.object({
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(1000, LIMIT).default(100),
  cursor: text('must be an id', MAX_PARAMETER).optional(),
});

/**
 * `by=stack` marks the requests of the stack that owns the object. The runtime remembers what such a write wrote, and the
 * response has what is known of the last one.
 */
export const stackQuery = z.object({ by: z.literal('stack', 'must be "stack"').optional() });

export const deleteQuery = identitySchema
  .pick({ incarnation: true })
  .extend({ cascade: z.literal('stack', 'must be "stack"').optional() });
