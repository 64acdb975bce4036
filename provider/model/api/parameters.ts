// The parameters in paths and queries of the API.
import { z } from 'zod';
import { identitySchema } from './objects-by-kind.ts';

const LIMIT = 'must be a whole number from 1 to 1000';

export const idParams = z.object({ id: z.string() });

export const memberParams = z.object({ id: z.string(), serverId: z.string() });

export const listQuery = z.object({
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(1000, LIMIT).default(100),
  cursor: z.string().optional(),
});

export const deleteQuery = identitySchema.pick({ incarnation: true });
