// Authorization of routes: each route declares the permissions that it needs, checked before a request's body is read.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { WeirError } from '../../model/base/errors.ts';
import type { Kind } from '../../model/base/kinds.ts';
import { JOIN, KIND_ACTIONS, type Operation, type Permission, permissionFor } from '../../model/permissions/actions.ts';
import { type Access, demand, demandAdministrator, demandSome, resourceText } from '../control/access/access.ts';
import { needsOf } from '../control/access/resources.ts';
import type { ModelView } from '../stored/model.ts';

/** The access that a route declares; `open` means that no token is needed. */
type RouteAccess = 'open' | 'administrator' | Permitted;

interface Permitted {
  /** The caller needs one of these permissions, on any resource. The route's handler checks further permissions. */
  readonly by: readonly Permission[];
  /** What else the caller needs, checked by the route's handler and described only: "the same on instance/ID". */
  readonly further?: string | undefined;
  /** Kind of the object that the route's `id` names. If the object exists, the caller needs the permissions on it. */
  readonly of?: Kind;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
  interface FastifyRequest {
    /** Access of the caller. Not set on an open route, whose handler must not read this property. */
    access: Access;
  }
}

/** Makes fastify throw if a route without declared access is registered. Must be called before the first route. */
export function requireRouteAccess(server: FastifyInstance): void {
  server.decorateRequest('access', null as never);
  server.addHook('onRoute', ({ method, url, config, schema }) => {
    if (config?.access === undefined) throw new Error(`the route ${method} ${url} declares no access`);
    if (schema !== undefined) schema.description = descriptionOf(config.access);
  });
}

/** The configuration of a route that performs one of the operations on an object of the kind. */
export function accessTo(kind: Kind, ...operations: readonly Operation[]) {
  const further = operations.some((operation) => operation === 'create' || operation === 'modify')
    ? BINDING[kind]
    : undefined;
  return { access: { by: [permissionFor(kind, ...operations)], of: kind, further } };
}

/** What a caller needs on the servers and groups that a write binds. */
const BINDING: { readonly [K in Kind]?: string } = {
  attachments: 'an action that binds, on instance/ID of each server that is newly bound',
  groups: `${JOIN.join(', ')} on instance/ID of each server that joins`,
  'group-attachments': 'the same on scalinggroup/ID and on instance/ID of each member',
};

/**
 * Throws `Forbidden` if the caller lacks the permissions of the route. Called before the body is parsed, because errors
 * of a body may reveal the stored object.
 */
export function admit({ access, params, routeOptions }: FastifyRequest, view: ModelView): void {
  const needed = routeOptions.config.access;
  if (needed === 'open') return;
  if (needed === 'administrator' || needed === undefined) {
    demandAdministrator(access);
    return;
  }
  const { id } = params as { id?: string };
  const type = needed.of && id !== undefined ? KIND_ACTIONS[needed.of].type : undefined;
  // Precedes the look at the model, so that a caller who may not know an object is not told whether it exists.
  demandSome(access, needed.by, type && `${type}/${id}`);
  const object = needed.of && view.get<Kind>(needed.of, id ?? '');
  if (object === undefined) return;
  for (const { actions } of needed.by) demand(access, needsOf(view, [object], actions));
}

/** The token in an Authorization header. Throws `Unauthenticated` if there is no bearer token. */
export function bearerToken(authorization: string | undefined): string {
  const token = /^Bearer ([!-~]+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new WeirError('Unauthenticated', 'The request has no bearer token.');
  return token;
}

function descriptionOf(access: RouteAccess): string {
  if (access === 'open') return 'Needs no token.';
  if (access === 'administrator') return "Needs the administrator's token.";
  const texts = access.by.map(
    ({ actions, types }) => `${actions.join(', ')} on ${types.map((type) => resourceText(type)).join(' or ')}`,
  );
  return `Permitted by: ${texts.join('; ')}${access.further === undefined ? '' : `, and ${access.further}`}.`;
}
