// Tokens as the API shows them. Only the response that creates a token contains its text.
import { z } from 'zod';
import { tokenSchema } from '../permissions/token.ts';

const apiToken = tokenSchema.extend({ id: z.string(), createdAt: z.iso.datetime() });

export type ApiToken = Readonly<z.infer<typeof apiToken>>;

export const createdToken = apiToken.extend({ token: z.string() });

export type CreatedToken = Readonly<z.infer<typeof createdToken>>;

export const tokenList = z.object({ items: z.array(apiToken) });

export type TokenList = Readonly<z.infer<typeof tokenList>>;
