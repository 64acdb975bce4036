// The properties of a token: its name, its permissions and its end.
import { z } from 'zod';
import { ownerPatterns } from '../objects/owner-patterns.ts';
import { text } from '../objects/text.ts';
import { time } from '../objects/time.ts';
import { statementSchema } from './statement.ts';

const MAX_STATEMENTS = 100;

export const tokenSchema = z.strictObject(
  {
    /** The token's name, for people. Two tokens may have the same name while a new one replaces an old one. */
    name: text('must be a name', 128).min(1, 'must not be empty'),
    statements: z
      .array(statementSchema, 'must be a list of statements')
      .min(1, 'must not be empty')
      .max(MAX_STATEMENTS, `must have at most ${MAX_STATEMENTS}`),
    /**
     * Patterns of the owners for which the token writes. Each of its writes then belongs to such an owner, and so does
     * each object that it changes or deletes. A token without them writes for any owner and for none.
     */
    owners: ownerPatterns.min(1, 'must not be empty').optional(),
    /** The time at which the token expires. A token without it is valid until it is revoked. */
    expiresAt: time.optional(),
  },
  'the body must be a JSON object',
);

export type TokenProperties = z.infer<typeof tokenSchema>;
