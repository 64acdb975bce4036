// The route that Prometheus scrapes: takes the sample from the control plane and gives it as text.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ControlPlane } from '../control/control-plane.ts';
import { CONTENT_TYPE, renderMetrics, type Sample } from './metrics.ts';
import { errorAnswer } from './schemas.ts';

export function registerMetricsRoute(server: FastifyInstance, control: ControlPlane): void {
  server.withTypeProvider<ZodTypeProvider>().get(
    '/metrics',
    {
      schema: {
        summary:
          'Requests, answers, durations, connections, health, weights and versions, in the format of Prometheus.',
        response: {
          200: { description: 'The metrics.', content: { 'text/plain': { schema: z.string() } } },
          default: errorAnswer,
        },
      },
    },
    async (_request, reply) => {
      const text = await renderMetrics(takeSample(control));
      return reply.type(CONTENT_TYPE).send(text as never);
    },
  );
}

function takeSample(control: ControlPlane): Sample {
  const refused = new Set(control.refusals.map(({ listenerId }) => listenerId));
  const draining = Map.groupBy(control.draining(), ({ listenerId }) => listenerId);
  return {
    version: control.model.version,
    engine: control.engineStatus,
    listeners: [...control.compiled.snapshot.listeners.values()].map(({ id, protocol, targets }) => ({
      id,
      protocol,
      isOpen: !refused.has(id),
      traffic: control.traffic(id),
      targets: [...targets.values()].map((target) => ({
        ...target,
        health: control.targetHealth(id, target.key).health,
        counts: control.counts(id, target.key),
      })),
      draining: (draining.get(id) ?? []).map(({ target, count }) => ({ key: target.key, count })),
    })),
  };
}
