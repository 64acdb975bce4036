// The properties of a token: what it is called, what it permits and until when.
import { z } from 'zod';
import { time } from '../objects/time.ts';
import { statementSchema } from './statement.ts';

const MAX_STATEMENTS = 100;

export const tokenSchema = z.strictObject(
  {
    /** For people: two may have the same one while a new token takes the place of an old. */
    name: z.string('must be a name').min(1, 'must not be empty').max(128, 'has at most 128 characters'),
    statements: z
      .array(statementSchema, 'must be a list of statements')
      .min(1, 'must not be empty')
      .max(MAX_STATEMENTS, `has at most ${MAX_STATEMENTS}`),
    /** Without it the token is good until it is revoked. */
    expiresAt: time.optional(),
  },
  'the body must be a JSON object',
);

export type TokenProperties = z.infer<typeof tokenSchema>;
