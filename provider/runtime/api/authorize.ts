// Who may use a route: each one names what it asks for, and a request is refused before anything of it is looked at.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { WeirError } from '../../model/base/errors.ts';
import type { Kind } from '../../model/base/kinds.ts';
import { type Operation, type Permission, permissionFor } from '../../model/permissions/actions.ts';
import { type Access, demand, demandAdministrator, demandSome } from '../control/access/access.ts';
import { needsOf } from '../control/access/permissions.ts';
import type { ModelView } from '../stored/model.ts';

/** `open`: no token is asked for. */
type RouteAccess = 'open' | 'administrator' | Permitted;

interface Permitted {
  /** One of them is needed, on whatever; what else is needed the handler asks for. */
  readonly by: readonly Permission[];
  /** Where the route's id is that of an object, and it is there: on that. */
  readonly of?: Kind;
}

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

/** The configuration of a route that does one of these to an object of the kind. */
export function accessTo(kind: Kind, ...operations: readonly Operation[]) {
  return { access: { by: [permissionFor(kind, ...operations)], of: kind } };
}

/** Throws Forbidden. What is wrong with a body may tell of the object that it is put to, so this comes before it. */
export function admit({ access, params, routeOptions }: FastifyRequest, view: ModelView): void {
  const needed = routeOptions.config.access;
  if (needed === 'open') return;
  if (needed === 'administrator' || needed === undefined) {
    demandAdministrator(access);
    return;
  }
  const { id = '' } = params as { id?: string };
  const object = needed.of && view.get<Kind>(needed.of, id);
  if (object === undefined) {
    demandSome(access, needed.by);
    return;
  }
  for (const { actions } of needed.by) demand(access, needsOf(view, [object], actions));
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
  const texts = access.by.map(
    ({ actions, type }) => `${actions.join(', ')} on ${type === 'runtime' ? type : `${type}/ID`}`,
  );
  return `Permitted by: ${texts.join('; ')}.`;
}
