// Who may use a route: each one names what it asks for, and a request is refused before anything of it is looked at.
import type { FastifyInstance } from 'fastify';
import type { Permission } from '../../model/actions.ts';
import { WeirError } from '../../model/errors.ts';
import { type Access, demandAdministrator, demandSome } from '../control/access.ts';

/** `open`: no token is asked for. Permissions: one of them, on whatever; the handler asks for the rest. */
export type RouteAccess = 'open' | 'administrator' | readonly Permission[];

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
  interface FastifyRequest {
    /** Null where the route is open. */
    access: Access;
  }
}

/** To be called before the routes are registered: one that does not say who may use it is a mistake. */
export function requireRouteAccess(server: FastifyInstance): void {
  server.decorateRequest('access', null as never);
  server.addHook('onRoute', ({ method, url, config, schema }) => {
    if (config?.access === undefined) throw new Error(`${method} ${url} does not say who may use it`);
    if (schema !== undefined) schema.description = descriptionOf(config.access);
  });
}

/** Throws Forbidden. */
export function admit(access: Access, needed: RouteAccess | undefined): void {
  if (needed === 'open') return;
  if (needed === 'administrator' || needed === undefined) demandAdministrator(access);
  else demandSome(access, needed);
}

/** Throws Unauthenticated where the header has none. */
export function bearerToken(authorization: string | undefined): string {
  const token = /^Bearer ([!-~]+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new WeirError('Unauthenticated', 'The request has no bearer token.');
  return token;
}

function descriptionOf(access: RouteAccess): string {
  if (access === 'open') return 'No token is asked for.';
  if (access === 'administrator') return "With the administrator's token only.";
  const texts = access.map(
    ({ actions, type }) => `${actions.join(', ')} on ${type === 'runtime' ? type : `${type}/ID`}`,
  );
  return `Permitted by: ${texts.join('; ')}.`;
}
