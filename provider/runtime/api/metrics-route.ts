// The route `/metrics`, which takes a sample from the control plane for each scrape by Prometheus.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorResponse } from '../../model/api/error.ts';
import { DESCRIBE_METRICS } from '../../model/permissions/actions.ts';
import { type ListenerSnapshot, targetGroupsOf } from '../contract/snapshot.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import { objectsOfListener, objectsOfTarget, tagsOf } from '../stored/tags.ts';
import type { ApiCertificate } from './api-certificate.ts';
import type { Storage } from './backup-route.ts';
import type { ListenerSample } from './listener-metrics.ts';
import { certificateEnds } from './listener-warnings.ts';
import type { LongResponses } from './long-responses.ts';
import type { MetricsSample } from './metrics.ts';
import type { TargetSample } from './target-metrics.ts';

interface MetricsSources {
  readonly control: ControlPlane;
  readonly storage: Storage;
  readonly certificate: ApiCertificate;
  readonly long: LongResponses;
}

export function registerMetricsRoute(server: FastifyInstance, sources: MetricsSources): void {
  let loaded: ReturnType<typeof load> | undefined;
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
    async ({ access }, reply) => {
      loaded ??= load();
      const { renderMetrics, type, ofProcess } = await loaded;
      const text = await sources.long.run(access, (next) => renderMetrics(sampleOf(sources), next));
      return reply.type(type).send(`${text}${await ofProcess.metrics()}` as never);
    },
  );
}

/** Loads what only a scrape needs, because most of a runtime's start is the loading of modules. */
async function load() {
  const { CONTENT_TYPE: type, renderMetrics } = await import('./metrics.ts');
  const { processMetrics } = await import('./process-metrics.ts');
  return { type, renderMetrics, ofProcess: processMetrics() };
}

/** A sample that takes each listener and target when it is asked for, because there may be more than a scrape shows. */
function sampleOf({ control, storage, certificate }: MetricsSources): MetricsSample {
  const { running, model } = control;
  const { listeners } = control.compiled.snapshot;
  const refused = new Set(control.refusals.map(({ listenerId }) => listenerId));
  const draining = Map.groupBy(running.draining(), ({ listenerId }) => listenerId);
  const targets = function* (listener: ListenerSnapshot): Iterable<TargetSample> {
    for (const { id, ruleId, targets } of targetGroupsOf(listener)) {
      for (const target of targets.values()) {
        const { health } = running.targetHealth(id, target.key);
        const tags = tagsOf(objectsOfTarget(model, target, ruleId));
        yield { ...target, rule: ruleId ?? '', tags, health, counts: running.counts(id, target.key) };
      }
    }
  };
  const samples = function* (): Iterable<ListenerSample> {
    for (const listener of listeners.values()) {
      const { id, protocol } = listener;
      const properties = model.get('listeners', id)?.properties;
      yield {
        id,
        protocol,
        loadBalancer: properties?.loadBalancerId ?? '',
        tags: tagsOf(objectsOfListener(model, id)),
        isOpen: !refused.has(id),
        certificates: certificateEnds(properties?.certificates ?? {}),
        traffic: running.traffic(id),
        targets: targets(listener),
        draining: (draining.get(id) ?? []).map(({ ruleId, target, count }) => ({
          rule: ruleId ?? '',
          key: target.key,
          count,
        })),
      };
    }
  };
  let targetCount = 0;
  for (const listener of listeners.values()) {
    for (const targetGroup of targetGroupsOf(listener)) targetCount += targetGroup.targets.size;
  }
  return {
    version: control.model.version,
    canStore: storage.writeFault() === undefined,
    apiCertificateEndMs: certificate.notAfterMs,
    engine: running.engineStatus,
    shortages: control.shortages.all,
    leases: { held: control.leases.count, ended: control.leases.ended },
    listenerCount: listeners.size,
    listeners: samples(),
    targetCount,
  };
}
