// The route `/metrics`, which takes a sample from the control plane for each scrape by Prometheus.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorResponse } from '../../model/api/error.ts';
import { DESCRIBE_METRICS } from '../../model/permissions/actions.ts';
import { targetGroupsOf } from '../contract/snapshot.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import { CONTENT_TYPE, type MetricsSample, renderMetrics } from './metrics.ts';

export function registerMetricsRoute(server: FastifyInstance, control: ControlPlane): void {
  server.withTypeProvider<ZodTypeProvider>().get(
    '/metrics',
    {
      config: { access: { by: [DESCRIBE_METRICS] } },
      schema: {
        summary:
          'Returns metrics of requests, responses, durations, connections, health, weights and versions in Prometheus text format.',
        response: {
          200: { description: 'The metrics.', content: { 'text/plain': { schema: z.string() } } },
          default: errorResponse,
        },
      },
    },
    async (_request, reply) => {
      const text = await renderMetrics(takeSample(control));
      return reply.type(CONTENT_TYPE).send(text as never);
    },
  );
}

function takeSample(control: ControlPlane): MetricsSample {
  const refused = new Set(control.refusals.map(({ listenerId }) => listenerId));
  const draining = Map.groupBy(control.running.draining(), ({ listenerId }) => listenerId);
  return {
    version: control.model.version,
    engine: control.running.engineStatus,
    shortages: control.shortages.all,
    listeners: [...control.compiled.snapshot.listeners.values()].map((listener) => ({
      id: listener.id,
      protocol: listener.protocol,
      isOpen: !refused.has(listener.id),
      traffic: control.running.traffic(listener.id),
      targets: targetGroupsOf(listener).flatMap(({ id, ruleId, targets }) =>
        [...targets.values()].map((target) => ({
          ...target,
          rule: ruleId ?? '',
          health: control.running.targetHealth(id, target.key).health,
          counts: control.running.counts(id, target.key),
        })),
      ),
      draining: (draining.get(listener.id) ?? []).map(({ ruleId, target, count }) => ({
        rule: ruleId ?? '',
        key: target.key,
        count,
      })),
    })),
  };
}
