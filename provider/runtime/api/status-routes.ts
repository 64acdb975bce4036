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
import { type TargetGroupSnapshot, targetGroupsOf } from '../contract/snapshot.ts';
import { type Access, mayAll } from '../control/access/access.ts';
import { NEEDS_OF_WORKERS, needsOfListener } from '../control/access/permissions.ts';
import type { Tokens } from '../control/access/tokens.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import type { HealthRecord } from '../health/checker.ts';
import { refusalMessageOf } from './api-object.ts';

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
  readonly runtimeId: string;
}

export function registerStatusRoutes(server: FastifyInstance, { control, tokens, runtimeId }: StatusSources): void {
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
    async ({ access }) => toStatus(control, access),
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
        summary: 'Responds with 200 if every data plane serves the newest version, else with 503.',
        security: [],
        response: { 200: stateResponse, 503: stateResponse },
      },
    },
    async (_request, reply) => {
      const { desired, acked } = control.running.engineStatus;
      const isReady = acked >= desired;
      return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : `serves ${acked} of ${desired}` });
    },
  );
}

/** Fields of an unbound target, which the status shows until its last request or connection has ended. */
const UNBOUND = { weight: 0, health: 'unchecked', reason: 'unbound', requests: 0, activeConnections: 0 } as const;

function toStatus(control: ControlPlane, access: Access): StatusResponse {
  const { name, desired, acked, lastError, workers } = control.running.engineStatus;
  const maySee = (kind: 'listeners' | 'attachments', listenerId: string, ruleId?: string) =>
    mayAll(access, needsOfListener(control.compiled, listenerId, KIND_ACTIONS[kind].read, ruleId));
  const maySeeWorkers = mayAll(access, NEEDS_OF_WORKERS);
  const { listeners, waiting } = control.compiled.snapshot;
  const draining = Map.groupBy(control.running.draining(), ({ listenerId }) => listenerId);
  return {
    version: control.model.version,
    engines: [{ name, desired, acked, lastError: (maySeeWorkers && lastError) || null }],
    shortages: maySeeWorkers
      ? control.shortages.all.map(({ lastAtMs, ...shortage }) => ({ ...shortage, lastAt: rfc3339(lastAtMs) }))
      : [],
    workers: maySeeWorkers ? workers.map((worker) => ({ ...worker })) : [],
    listeners: [...listeners.values(), ...waiting.values()].flatMap((listener) => {
      const { id, protocol, address, port } = listener;
      const seen = targetGroupsOf(listener).filter(({ ruleId }) => maySee('attachments', id, ruleId));
      const unbound = (draining.get(id) ?? []).filter(({ ruleId }) => maySee('attachments', id, ruleId));
      if (seen.length === 0 && unbound.length === 0 && !maySee('listeners', id)) return [];
      return [
        {
          id,
          isWaiting: waiting.has(id) || undefined,
          endpoint: endpointOf(protocol, address, port),
          lastError: refusalMessageOf(id, control),
          targets: [...seen.flatMap((each) => boundTargets(each, control)), ...unbound.map(unboundTarget)],
        },
      ];
    }),
  };
}

function unboundTarget({ ruleId: rule, target: { key: _, ineligible: __, ...target }, count }: DrainingTarget) {
  return { ...target, ...UNBOUND, history: [], rule, draining: count };
}

function boundTargets({ id, ruleId: rule, targets }: TargetGroupSnapshot, control: ControlPlane) {
  return [...targets.values()].map(({ key, ineligible, ...target }) => {
    const { responses: _, isInSlowStart, ...counts } = control.running.counts(id, key);
    return {
      ...target,
      rule,
      ...control.running.targetHealth(id, key),
      ...shownHistory(control.running.healthRecord(id, key)),
      reason: ineligible ?? (isInSlowStart ? 'slow start' : undefined),
      ...counts,
    };
  });
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
