// Routes with which the administrator creates, lists and revokes tokens.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorResponse } from '../../model/api/error.ts';
import { idParams } from '../../model/api/parameters.ts';
import { type ApiToken, createdToken, tokenList } from '../../model/api/tokens.ts';
import { invalid, schemaProblems } from '../../model/objects/validate.ts';
import { statementText } from '../../model/permissions/statement-text.ts';
import { tokenSchema } from '../../model/permissions/token.ts';
import type { Tokens } from '../control/access/tokens.ts';
import type { WriteLine } from '../control/events/limited-log.ts';
import type { StoredToken } from '../stored/object.ts';
import { paramsOnly } from './object-routes.ts';

export function registerTokenRoutes(server: FastifyInstance, tokens: Tokens, log: WriteLine): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const config = { access: 'administrator' } as const;

  app.post(
    '/v1/tokens',
    {
      config,
      schema: {
        summary: 'Creates a token. Only this response contains the bearer token.',
        body: tokenSchema,
        response: { 201: createdToken, default: errorResponse },
      },
      validatorCompiler: paramsOnly,
    },
    async ({ body, ip }, reply) => {
      const problems = schemaProblems(tokenSchema, body);
      if (problems.length > 0) throw invalid(problems);
      const { token, text } = await tokens.create(tokenSchema.parse(body));
      const { id, name: tokenName, expiresAt, owners, statements } = token;
      const permits = statements.map(statementText);
      log('info', 'a token was created', { id, tokenName, expiresAt, owners, permits, client: ip });
      return reply.code(201).send({ ...shown(token), token: text });
    },
  );

  app.get(
    '/v1/tokens',
    {
      config,
      schema: {
        summary: 'Lists every token in order of creation, without the bearer tokens.',
        response: { 200: tokenList, default: errorResponse },
      },
    },
    async () => ({ items: tokens.list().map(shown) }),
  );

  app.delete(
    '/v1/tokens/:id',
    {
      config,
      schema: {
        summary: 'Revokes one token at once, and ends its open event streams.',
        params: idParams,
        response: { 204: z.null().describe('Revoked.'), default: errorResponse },
      },
    },
    async ({ params: { id }, ip }, reply) => {
      const { name: tokenName } = await tokens.revoke(id);
      log('info', 'a token was revoked', { id, tokenName, client: ip });
      return reply.code(204).send(null);
    },
  );
}

function shown({ secretHash: _, ...token }: StoredToken): ApiToken {
  return token;
}
