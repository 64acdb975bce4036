// Routes for members of auto scaling groups, called by the automation that starts and stops servers.
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorResponse } from '../../model/api/error.ts';
import { deletedResponse } from '../../model/api/objects.ts';
import { objectResponse } from '../../model/api/objects-by-kind.ts';
import { joinQuery, memberParams } from '../../model/api/parameters.ts';
import { JOIN, LEAVE } from '../../model/permissions/actions.ts';
import { type Access, demand, type Need } from '../control/access/access.ts';
import { demandOwnerOf } from '../control/access/owners.ts';
import { needOf } from '../control/access/resources.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import type { Precondition } from '../control/write/changes.ts';
import { toApiObject } from './api-object.ts';
import { etagOf, refuseUnseen } from './etag.ts';
import { MINIMAL_MEMBERS, shownMembers } from './minimal-response.ts';
import { progressOf } from './progress.ts';

export function registerMemberRoutes(server: FastifyInstance, control: ControlPlane): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  app.put(
    '/v1/groups/:id/members/:serverId',
    {
      config: {
        access: {
          by: [{ actions: JOIN, types: ['scalinggroup'] }],
          further: 'the same on instance/ID',
          of: 'groups',
        },
      },
      schema: {
        summary: `Adds a server to a group, which binds the server wherever the group is attached. Does nothing if the server is a member. With ttl, in seconds, the server stays a member for that time, unless the same request renews its lease; without it, until it leaves. ${MINIMAL_MEMBERS}`,
        params: memberParams,
        querystring: joinQuery,
        response: { 200: objectResponse('groups'), default: errorResponse },
      },
    },
    async ({ params: { id, serverId }, query: { ttl }, access, headers }, reply) => {
      const needs = [needOf(JOIN, `scalinggroup/${id}`), needOf(JOIN, `instance/${serverId}`)];
      const group = await control.join(id, serverId, ttl, memberPrecondition(access, needs, headers), access.tokenId);
      const shown = shownMembers(group, serverId, headers, reply);
      return reply.header('etag', etagOf(group)).send(toApiObject(shown, control, access));
    },
  );
  app.delete(
    '/v1/groups/:id/members/:serverId',
    {
      config: { access: { by: [{ actions: LEAVE, types: ['scalinggroup'] }], of: 'groups' } },
      schema: {
        summary: 'Removes a server from a group, which unbinds the server at once. The server object itself stays.',
        params: memberParams,
        response: {
          200: deletedResponse.describe('The server is no longer a member, while flows or exchanges are still open.'),
          204: z.null().describe('The server is no longer a member.'),
          default: errorResponse,
        },
      },
    },
    async ({ params: { id, serverId }, access, headers }, reply) => {
      const needs = [needOf(LEAVE, `scalinggroup/${id}`)];
      await control.leave(id, serverId, memberPrecondition(access, needs, headers), access.tokenId);
      const left = await control.drains.ended('groups', id, progressOf(reply, headers));
      if (left !== undefined) return reply.code(200).send({ warnings: [left] });
      return reply.code(204).send(null);
    },
  );
}

/** Checks the caller's permissions and If-Match before a write of a member. A missing group needs no permission. */
function memberPrecondition(access: Access, needs: readonly Need[], headers: IncomingHttpHeaders): Precondition {
  return (view, group) => {
    if (group !== undefined) demand(access, needs);
    demandOwnerOf(access, view, group, group);
    refuseUnseen(group, headers);
  };
}
