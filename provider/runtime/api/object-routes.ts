// Routes of objects of every kind: list, get, put, patch and delete.
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorResponse } from '../../model/api/error.ts';
import { deletedResponse, pageOf } from '../../model/api/objects.ts';
import { bodySchema, identitySchema, objectResponse } from '../../model/api/objects-by-kind.ts';
import { deleteQuery, idParams, listQuery, stackQuery } from '../../model/api/parameters.ts';
import { patchDocument, patchProblems } from '../../model/api/patch.ts';
import { hasCode, type Problem } from '../../model/base/errors.ts';
import { KIND_NAMES, KINDS, type Kind } from '../../model/base/kinds.ts';
import type { MergePatch } from '../../model/base/merge-patch.ts';
import { isRecord } from '../../model/base/record.ts';
import { objectId } from '../../model/objects/network.ts';
import { invalid, schemaProblems } from '../../model/objects/validate.ts';
import { type Access, demand } from '../control/access/access.ts';
import { demandOwner, demandOwnerOf } from '../control/access/owners.ts';
import { mayRead, needsOfNewRule, needsOfRead, needsOfWrite } from '../control/access/permissions.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import type { Precondition } from '../control/write/changes.ts';
import { putProperties } from '../control/write/object-patch.ts';
import type { StoredObject } from '../stored/object.ts';
import { existingObject } from '../stored/references.ts';
import { type ShownState, toApiObject, toResponse } from './api-object.ts';
import { accessTo } from './authorize.ts';
import { etagOf, refuseUnseen } from './etag.ts';
import { type LongResponses, withList } from './long-responses.ts';
import { minimalNote, namesOfChanged, shownPart } from './minimal-response.ts';
import { progressOf, withWarning } from './progress.ts';

export function registerObjectRoutes(server: FastifyInstance, control: ControlPlane, long: LongResponses): void {
  for (const kind of KINDS) {
    registerList(server, control, long, kind);
    registerKind(server, control, kind);
    registerPatch(server, control, kind);
  }
}

function registerList(server: FastifyInstance, control: ControlPlane, long: LongResponses, kind: Kind): void {
  server.withTypeProvider<ZodTypeProvider>().get(
    `/v1/${kind}`,
    {
      config: accessTo(kind, 'read'),
      schema: {
        summary: `Lists every ${KIND_NAMES[kind]} that the caller may read, in order of id.`,
        querystring: listQuery,
        response: { 200: pageOf(objectResponse(kind)), default: errorResponse },
      },
    },
    async ({ query: { limit, cursor }, access }, reply) => {
      const { model, compiled, refusals, running, guard, leases } = control;
      const objects = [...model.list<Kind>(kind)].filter(({ id }) => cursor === undefined || id > cursor);
      objects.sort((a, b) => (a.id < b.id ? -1 : 1));
      return await long.send(
        reply,
        access,
        page(objects, limit, { model, compiled, refusals, running, guard, leases }, access),
      );
    },
  );
}

/** The first `limit` objects that the caller may read, as the pieces of a response. */
function* page(objects: readonly StoredObject[], limit: number, shown: ShownState, access: Access): Iterable<string> {
  let last: string | undefined;
  let isWhole = true;
  const items = function* () {
    let count = 0;
    for (const object of objects) {
      if (!mayRead(access, shown.model, object)) {
        yield [''];
        continue;
      }
      isWhole = count < limit;
      if (!isWhole) return;
      yield [JSON.stringify(toApiObject(object, shown, access))];
      last = object.id;
      count += 1;
    }
  };
  yield* withList({}, 'items', items(), () => (isWhole ? '' : `,"cursor":${JSON.stringify(last)}`));
}

function registerKind(server: FastifyInstance, control: ControlPlane, kind: Kind): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const object = objectResponse(kind);
  const name = KIND_NAMES[kind];

  app.get(
    `/v1/${kind}/:id`,
    {
      config: accessTo(kind, 'read'),
      schema: {
        summary: `Reads one ${name}.`,
        params: idParams,
        querystring: stackQuery,
        response: { 200: object, default: errorResponse },
      },
    },
    async ({ params: { id }, query: { by }, access }, reply) => {
      const object = existingObject<Kind>(control.model, kind, id);
      demand(access, needsOfRead(control.model, object));
      return reply.header('etag', etagOf(object)).send(toResponse(object, control, access, by));
    },
  );

  app.put(
    `/v1/${kind}/:id`,
    {
      config: accessTo(kind, 'create', 'modify'),
      schema: {
        summary: `Creates or updates one ${name}. An equal put changes nothing.${minimalNote(kind)}`,
        params: idParams,
        querystring: stackQuery,
        body: bodySchema(kind),
        response: { 200: object, default: errorResponse },
      },
      // The schema is only for the OpenAPI document. The handler reports all problems of a body in one error.
      validatorCompiler: paramsOnly,
    },
    async ({ params: { id }, query: { by }, body, access, headers }, reply) => {
      const { identity, properties } = splitBody(kind, id, body, control.model.get<Kind>(kind, id));
      demandOwner(access, identity.owner);
      const sender = { ...identity, caller: access.tokenId, isOfStack: by === 'stack' };
      const precondition = preconditionOf(access, headers);
      let former: StoredObject | undefined;
      const written = await control.put(kind, id, properties, sender, (view, before, after) => {
        former = before;
        precondition(view, before, after);
      });
      await awaitHealthy(control, written);
      const left = await control.drains.ended(kind, id, progressOf(reply, headers));
      const changed = () => namesOfChanged(written, former);
      const response = toResponse(shownPart(written, headers, reply, changed), control, access, by);
      return reply.header('etag', etagOf(written)).send(withWarning(response, left));
    },
  );

  app.delete(
    `/v1/${kind}/:id`,
    {
      config: accessTo(kind, 'delete'),
      schema: {
        summary: `Deletes one ${name}. Does nothing if the given incarnation is not the object's. With cascade=stack, also deletes what the stack of its owner has below it.`,
        params: idParams,
        querystring: deleteQuery,
        response: {
          200: deletedResponse.describe('Deleted, while flows or exchanges are still open.'),
          204: z.null().describe('Deleted.'),
          default: errorResponse,
        },
      },
    },
    async ({ params: { id }, query: { incarnation, cascade }, access, headers }, reply) => {
      const precondition = preconditionOf(access, headers, incarnation);
      const below = cascade === undefined ? undefined : preconditionOf(access, {});
      try {
        await control.delete(kind, id, incarnation, precondition, access.tokenId, below);
      } catch (error) {
        // A delete that is repeated after a lost connection waits for what the first one unbound.
        const isRepeated = hasCode(error, 'NotFound') && control.drains.has(kind, id);
        if (!isRepeated) throw error;
      }
      const left = await control.drains.ended(kind, id, progressOf(reply, headers));
      if (left !== undefined) return reply.code(200).send({ warnings: [left] });
      return reply.code(204).send(null);
    },
  );
}

function registerPatch(server: FastifyInstance, control: ControlPlane, kind: Kind): void {
  server.withTypeProvider<ZodTypeProvider>().patch(
    `/v1/${kind}/:id`,
    {
      config: accessTo(kind, 'modify'),
      schema: {
        summary: `Changes single properties of one ${KIND_NAMES[kind]} by a JSON merge patch, in which null removes a property or an entry of a map.${minimalNote(kind)}`,
        params: idParams,
        querystring: stackQuery,
        body: patchDocument(kind),
        response: { 200: objectResponse(kind), default: errorResponse },
      },
      validatorCompiler: paramsOnly,
    },
    async ({ params: { id }, query: { by }, body, access, headers }, reply) => {
      const { identity, patch } = splitPatch(kind, body);
      if (identity.owner !== undefined) demandOwner(access, identity.owner);
      const sender = { ...identity, caller: access.tokenId, isOfStack: by === 'stack' };
      const sinceMs = by === 'stack' ? 0 : performance.now();
      const written = await control.patch(kind, id, patch, sender, preconditionOf(access, headers));
      if (by === 'stack') await awaitHealthy(control, written);
      const left = await control.drains.ended(kind, id, progressOf(reply, headers), sinceMs);
      const named = () => Object.keys(patch.targets ?? {});
      const response = toResponse(shownPart(written, headers, reply, named), control, access, by);
      return reply.header('etag', etagOf(written)).send(withWarning(response, left));
    },
  );
}

/** Waits until the targets of a written attachment take traffic, if the attachment asks for that. */
async function awaitHealthy(control: ControlPlane, written: StoredObject): Promise<void> {
  if (written.kind !== 'attachments' || written.properties.awaitHealthySeconds === undefined) return;
  await control.awaitHealthy(written.id, written.properties.awaitHealthySeconds);
}

/** Parses a body into properties and identity. Throws one error with every problem of the body and of the id. */
function splitBody(kind: Kind, id: string, body: unknown, existing: StoredObject | undefined) {
  if (!isRecord(body)) {
    throw invalid([{ path: '', message: 'the body must be a JSON object' }]);
  }
  const { owner, incarnation, ...properties } = body;
  const problems: Problem[] = [];
  const parsedId = objectId.safeParse(id);
  if (!parsedId.success) problems.push({ path: 'id', message: parsedId.error.issues[0]?.message ?? 'is not an id' });
  problems.push(...schemaProblems(identitySchema, { owner, incarnation }));
  const put = putProperties(kind, properties, existing);
  // Problems are added one by one, because thousands of arguments of one `push` call can exceed the stack.
  for (const problem of put.problems) problems.push(problem);
  if (problems.length > 0) throw invalid(problems);
  return { identity: identitySchema.parse({ owner, incarnation }), properties: put.properties() };
}

/** Parses a patch into changed properties and identity. Throws one error with every problem of the patch by itself. */
function splitPatch(kind: Kind, body: unknown) {
  const problems = patchProblems(kind, body);
  if (problems.length > 0) throw invalid(problems);
  const { owner, incarnation, ...patch } = body as MergePatch;
  problems.push(...schemaProblems(identitySchema, { owner, incarnation }));
  if (problems.length > 0) throw invalid(problems);
  return { identity: identitySchema.parse({ owner, incarnation }), patch };
}

/** A validator of fastify that parses path and query parameters and leaves the body to the handler. */
export function paramsOnly(route: { httpPart?: string; schema: unknown }) {
  if (route.httpPart === 'body') return (data: unknown) => ({ value: data });
  return validatorCompiler(route as Parameters<typeof validatorCompiler>[0]);
}

/**
 * The precondition of a write: permissions, owners, If-Match and If-None-Match. `incarnation`: the one that a delete
 * names. If the object has a newer one, the delete does nothing, so the owner of that newer object does not matter.
 */
function preconditionOf(access: Access, headers: IncomingHttpHeaders, incarnation?: string): Precondition {
  return (view, before, after) => {
    // An administrator's write skips the permission check, which is costly to compute for 500 targets.
    if (!access.isAdministrator) {
      demand(access, [...needsOfWrite(view, before, after), ...needsOfNewRule(access, view, before, after)]);
    }
    const isDone = incarnation !== undefined && incarnation !== before?.incarnation;
    if (!isDone) demandOwnerOf(access, view, before, after);
    refuseUnseen(before, headers);
  };
}
