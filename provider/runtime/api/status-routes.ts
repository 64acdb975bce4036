// Routes for the state of the runtime: status, liveness and readiness.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorResponse } from '../../model/api/error.ts';
import { type StatusResponse, stateResponse, statusResponse } from '../../model/api/status.ts';
import { endpointOf } from '../../model/base/endpoint.ts';
import { DESCRIBE_WORKERS, KIND_ACTIONS, permissionFor } from '../../model/permissions/actions.ts';
import {
  CHALLENGE_FORM,
  CHALLENGE_HEADER,
  endOf,
  PROOF_HEADER,
  parseChallenge,
} from '../../model/permissions/proof.ts';
import type { DrainingTarget } from '../contract/engine-statistics.ts';
import {
  type ListenerSnapshot,
  type TargetGroupSnapshot,
  type TargetSnapshot,
  targetGroupsOf,
} from '../contract/snapshot.ts';
import { type Access, mayAll } from '../control/access/access.ts';
import { NEEDS_OF_WORKERS, needsOfListener } from '../control/access/permissions.ts';
import type { Tokens } from '../control/access/tokens.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import type { HealthRecord } from '../health/checker.ts';
import { attachmentWithId } from '../stored/attachments.ts';
import { listedTargets } from '../stored/held-targets.ts';
import type { ApiCertificate } from './api-certificate.ts';
import type { Storage } from './backup-route.ts';
import { listenerWarnings } from './listener-warnings.ts';
import { type LongResponses, withList } from './long-responses.ts';
import { readFilter } from './read-filter.ts';
import { SeenOwners } from './seen-owners.ts';
import { SeenTags } from './seen-tags.ts';
import { errorResponsesOf, shownTraffic } from './shown-counts.ts';
import { leaseOfTarget } from './shown-leases.ts';

const OPEN = { access: 'open' } as const;
const challengeSchema = z
  .string()
  .regex(
    CHALLENGE_FORM,
    'must be 32 random bytes in base64url, followed by a space and the id of a token if it has one',
  )
  .describe('Asks for the header X-Weir-Proof, by which the runtime proves that it knows the token.');
/** Permissions for parts of the status. The caller needs at least one of them, and sees only the permitted parts. */
const PARTS = [permissionFor('listeners', 'read'), permissionFor('attachments', 'read'), DESCRIBE_WORKERS];

interface StatusSources {
  readonly control: ControlPlane;
  readonly tokens: Tokens;
  readonly storage: Storage;
  readonly runtimeId: string;
  readonly certificate: ApiCertificate;
  readonly long: LongResponses;
}

export function registerStatusRoutes(server: FastifyInstance, sources: StatusSources): void {
  const { control, tokens, storage, runtimeId, certificate, long } = sources;
  const app = server.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/v1/status',
    {
      config: { access: { by: PARTS } },
      schema: {
        summary: 'Returns data planes, workers and listeners, with the health and counters of each target.',
        response: { 200: statusResponse, default: errorResponse },
      },
    },
    async ({ access }, reply) => await long.send(reply, access, statusPieces(control, certificate, access)),
  );
  app.get(
    '/healthz',
    {
      config: OPEN,
      schema: {
        summary: 'Responds with 200 as long as the process runs, and proves to a client that it knows its token.',
        security: [],
        headers: z.object({ [CHALLENGE_HEADER]: challengeSchema.optional() }),
        response: { 200: stateResponse, default: errorResponse },
      },
    },
    async ({ headers, socket }, reply) => {
      const challenge = parseChallenge(headers[CHALLENGE_HEADER] ?? '');
      const ends = {
        client: endOf(socket.remoteAddress, socket.remotePort),
        server: endOf(socket.localAddress, socket.localPort),
      };
      if (challenge !== undefined) reply.header(PROOF_HEADER, tokens.prove(challenge, runtimeId, ends));
      return { status: 'ok' };
    },
  );
  app.get(
    '/readyz',
    {
      config: OPEN,
      schema: {
        summary:
          'Responds with 200 if every data plane serves the newest version and writes can be stored, else with 503.',
        security: [],
        response: { 200: stateResponse, 503: stateResponse },
      },
    },
    async (_request, reply) => {
      const { desired, acked } = control.running.engineStatus;
      const fault = storage.writeFault();
      if (acked < desired) return reply.code(503).send({ status: `serves ${acked} of ${desired}` });
      if (fault !== undefined) return reply.code(503).send({ status: `traffic goes on, but writes fail: ${fault}` });
      return reply.code(200).send({ status: 'ok' });
    },
  );
}

/** Fields of an unbound target, which the status shows until its last request or connection has ended. */
const UNBOUND = { weight: 0, health: 'unchecked', reason: 'unbound', requests: 0, activeConnections: 0 } as const;

type ListenerStatus = StatusResponse['listeners'][number];
type TargetStatus = ListenerStatus['targets'][number];

/** Number of targets in one piece of the status. */
const TARGETS_AT_ONCE = 50;

/** The status as the pieces of a response. Its listeners and their targets are those of one version. */
function statusPieces(control: ControlPlane, certificate: ApiCertificate, access: Access): Iterable<string> {
  const { name, desired, acked, lastError, workers } = control.running.engineStatus;
  const { compiled, refusals, model } = control;
  const maySee = (kind: 'listeners' | 'attachments', listenerId: string, ruleId?: string) =>
    mayAll(access, needsOfListener(compiled, listenerId, KIND_ACTIONS[kind].read, ruleId));
  const isReadable = readFilter(model, access);
  const seenTags = new SeenTags(model, isReadable);
  const owners = new SeenOwners(compiled, model, isReadable);
  const isSeen = (id = '') => {
    if (access.isAdministrator) return true;
    const attachment = attachmentWithId(model, id);
    return attachment !== undefined && isReadable(attachment);
  };
  const shown = (target: TargetStatus) =>
    isSeen(target.attachment)
      ? { ...target, stack: owners.ofAttachment(target.attachment) }
      : { ...target, attachment: undefined, lease: undefined };
  const maySeeWorkers = mayAll(access, NEEDS_OF_WORKERS);
  const nowMs = Date.now();
  const { listeners, waiting } = compiled.snapshot;
  const draining = Map.groupBy(control.running.draining(), ({ listenerId }) => listenerId);
  const refused = new Map(refusals.map(({ listenerId, problem }) => [listenerId, problem.message]));
  const fields: Omit<StatusResponse, 'listeners'> = {
    version: model.version,
    apiCertificate: certificate.status(nowMs),
    engines: [{ name, desired, acked, lastError: (maySeeWorkers && lastError) || null }],
    shortages: maySeeWorkers
      ? control.shortages.all.map(({ lastAtMs, ...shortage }) => ({ ...shortage, lastAt: rfc3339(lastAtMs) }))
      : [],
    workers: maySeeWorkers ? workers.map(({ activeMs: _, ...worker }) => worker) : [],
  };
  const listenerPieces = function* (listener: ListenerSnapshot): Iterable<string> {
    const { id, protocol, address, port } = listener;
    const seen = targetGroupsOf(listener).filter(({ ruleId }) => maySee('attachments', id, ruleId));
    const unbound = (draining.get(id) ?? []).filter(({ ruleId }) => maySee('attachments', id, ruleId));
    const maySeeListener = maySee('listeners', id);
    if (seen.length === 0 && unbound.length === 0 && !maySeeListener) return yield '';
    const head: Omit<ListenerStatus, 'targets'> = {
      id,
      isWaiting: waiting.has(id) || undefined,
      endpoint: endpointOf(protocol, address, port),
      ...owners.ofListener(listener, seenTags.ofListener(id)),
      ...listenerWarnings(
        maySeeListener ? model.get('listeners', id)?.properties : undefined,
        seen,
        control.running,
        nowMs,
      ),
      traffic: maySeeListener ? shownTraffic(control.running.traffic(id)) : undefined,
      lastError: refused.get(id),
    };
    const targets = function* () {
      for (const targetGroup of seen) {
        for (const some of inLots(listedTargets(targetGroup.targets), TARGETS_AT_ONCE))
          yield [textOf(some.map((target) => shown(boundTarget(target, targetGroup, control, seenTags))))];
      }
      for (const some of inLots(unbound, TARGETS_AT_ONCE))
        yield [textOf(some.map((target) => shown(unboundTarget(target))))];
    };
    yield* withList(head, 'targets', targets());
  };
  const all = function* () {
    for (const listener of [...listeners.values(), ...waiting.values()]) yield listenerPieces(listener);
  };
  return withList(fields, 'listeners', all());
}

/** The elements of a list as JSON. */
function textOf(targets: readonly TargetStatus[]): string {
  return JSON.stringify(targets).slice(1, -1);
}

function* inLots<T>(all: Iterable<T>, count: number): Iterable<T[]> {
  let lot: T[] = [];
  for (const each of all) {
    lot.push(each);
    if (lot.length < count) continue;
    yield lot;
    lot = [];
  }
  if (lot.length > 0) yield lot;
}

function unboundTarget({ ruleId: rule, target: { key: _, ineligible: __, ...target }, count }: DrainingTarget) {
  return { ...target, ...UNBOUND, history: [], rule, draining: count };
}

function boundTarget(
  { key, ineligible: _, ...target }: TargetSnapshot,
  { id, ruleId: rule }: TargetGroupSnapshot,
  { running, model, leases }: ControlPlane,
  seenTags: SeenTags,
): TargetStatus {
  const { responses, isInSlowStart, ...counts } = running.counts(id, key);
  const health = running.targetHealth(id, key);
  return {
    ...target,
    rule,
    ...seenTags.ofTarget(target, rule),
    lease: leaseOfTarget(model, target, leases),
    ...health,
    ...shownHistory(running.healthRecord(id, key)),
    // The reason is that of the health, which may be newer than the snapshot of a status that is sent in slices.
    reason: health.health === 'ineligible' ? health.lastError : isInSlowStart ? 'slow start' : undefined,
    ...counts,
    errorResponses: errorResponsesOf(responses),
  };
}

function shownHistory({ history = [], checkedAtMs }: Partial<HealthRecord> = {}) {
  return {
    lastCheckAt: checkedAtMs === undefined ? undefined : rfc3339(checkedAtMs),
    history: history.map(({ atMs, health, error }) => ({ at: rfc3339(atMs), health, error })),
  };
}

function rfc3339(atMs: number): string {
  return new Date(atMs).toISOString();
}
