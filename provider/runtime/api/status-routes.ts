// The routes that show the runtime: status, health and readiness.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ControlPlane } from '../control/control-plane.ts';
import type { HealthRecord } from '../health/monitor.ts';
import { type GroupSnapshot, groupsOf } from '../snapshot.ts';
import { endpointOf, refusalOf } from './answers.ts';
import { errorAnswer, type StatusAnswer, statusAnswer } from './schemas.ts';

const state = z.object({ status: z.string() });

export function registerStatusRoutes(server: FastifyInstance, control: ControlPlane): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/v1/status',
    {
      schema: {
        summary: 'What is served, by which data planes, with the health and the counters of each target.',
        response: { 200: statusAnswer, default: errorAnswer },
      },
    },
    async () => toStatus(control),
  );
  app.get(
    '/healthz',
    { schema: { summary: 'The process runs.', security: [], response: { 200: state } } },
    async () => ({ status: 'ok' }),
  );
  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Every data plane serves the newest version.',
        security: [],
        response: { 200: state, 503: state },
      },
    },
    async (_request, reply) => {
      const { desired, acked } = control.engineStatus;
      const isReady = acked >= desired;
      return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : `serves ${acked} of ${desired}` });
    },
  );
}

/** Of a target that is bound no more, and is shown while flows of it are open. */
const UNBOUND = { weight: 0, health: 'unchecked', reason: 'unbound', requests: 0, activeConnections: 0 } as const;

function toStatus(control: ControlPlane): StatusAnswer {
  const { name, desired, acked, lastError, workers } = control.engineStatus;
  const draining = Map.groupBy(control.draining(), ({ listenerId }) => listenerId);
  return {
    version: control.model.version,
    engines: [{ name, desired, acked, lastError: lastError ?? null }],
    workers: workers.map((worker) => ({ ...worker })),
    listeners: [...control.compiled.snapshot.listeners.values()].map((listener) => ({
      id: listener.id,
      endpoint: endpointOf(listener.protocol, listener.address, listener.port),
      lastError: refusalOf(listener.id, control),
      targets: [
        ...groupsOf(listener).flatMap((group) => boundTargets(group, control)),
        ...(draining.get(listener.id) ?? []).map(
          ({ ruleId: rule, target: { key: _, ineligible: __, ...target }, count }) => ({
            ...target,
            ...UNBOUND,
            history: [],
            rule,
            draining: count,
          }),
        ),
      ],
    })),
  };
}

function boundTargets({ id, ruleId: rule, targets }: GroupSnapshot, control: ControlPlane) {
  return [...targets.values()].map(({ key, ineligible, ...target }) => {
    const { answers: _, isInSlowStart, ...counts } = control.counts(id, key);
    return {
      ...target,
      rule,
      ...control.targetHealth(id, key),
      ...shownHistory(control.healthRecord(id, key)),
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
