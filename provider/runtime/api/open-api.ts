// The OpenAPI document, made at its first request: what makes it takes a third of the runtime's start if loaded then.
import type { FastifyInstance } from 'fastify';
import { inOneLine } from '../../model/base/one-line.ts';
import { requireRouteAccess } from './authorize.ts';

/** The document of the routes that `register` registers. Their handlers are not called. */
export async function openApiDocument(register: (routes: FastifyInstance) => void): Promise<string> {
  const { fastify } = await import('fastify');
  const { default: swagger } = await import('@fastify/swagger');
  const { jsonSchemaTransform, validatorCompiler } = await import('fastify-type-provider-zod');
  const server: FastifyInstance = fastify();
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(() => JSON.stringify);
  requireRouteAccess(server);
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Weir runtime',
        version: '1',
        description:
          'Load balancers, listeners, forwarding rules, target attachments, servers and auto scaling groups.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  await server.register(async (routes) => register(routes));
  await server.ready();
  const document = inOneLine(JSON.stringify(server.swagger()));
  // Ends the timers that routes begin when they are registered.
  await server.close();
  return document;
}
