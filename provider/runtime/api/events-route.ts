// The route of the events: opens a stream for each reader, keeps them alive, and ends them with the runtime.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorResponse } from '../../model/api/error.ts';
import { WeirError } from '../../model/base/errors.ts';
import { KINDS } from '../../model/base/kinds.ts';
import { DESCRIBE_WORKERS, permissionFor } from '../../model/permissions/actions.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import { EventStream } from './event-stream.ts';

const MAX_READERS = 100;
const HEARTBEAT_MS = 15_000;
/** A token ends when it is revoked or by itself; until then its reader gets nothing more. */
const LOOK_AT_TOKENS_MS = 1_000;
/** Whoever may see some of them. */
const READABLE = [...KINDS.map((kind) => permissionFor(kind, 'read')), DESCRIBE_WORKERS];

export function registerEventsRoute(server: FastifyInstance, control: ControlPlane): void {
  const streams = new Set<EventStream>();
  const timer = setInterval(() => {
    for (const stream of streams) stream.heartbeat();
  }, HEARTBEAT_MS);
  const tokenTimer = setInterval(() => {
    for (const stream of streams) stream.endUnlessLive();
  }, LOOK_AT_TOKENS_MS);
  // Before the server waits for what is under way: a stream never ends by itself.
  server.addHook('preClose', async () => {
    clearInterval(timer);
    clearInterval(tokenTimer);
    for (const stream of streams) stream.end();
  });
  server.withTypeProvider<ZodTypeProvider>().get(
    '/v1/events',
    {
      // A HEAD would open a stream that nobody reads.
      exposeHeadRoute: false,
      config: { access: { by: READABLE } },
      schema: {
        summary:
          'Server-sent events of what happens: write, health, worker, listener; missed where Last-Event-ID is too old.',
        headers: z.object({ 'last-event-id': z.string().optional() }),
        response: {
          200: {
            description: 'Events, each with its id; a comment every 15 s. Readers that are too slow are dropped.',
            content: { 'text/event-stream': { schema: z.string() } },
          },
          default: errorResponse,
        },
      },
    },
    async ({ access, headers }, reply) => {
      if (streams.size >= MAX_READERS)
        throw new WeirError('SystemBusy', `${MAX_READERS} readers have the events open.`);
      const stream = new EventStream(control.events, access, headers['last-event-id'] || undefined);
      streams.add(stream);
      stream.readable.on('close', () => streams.delete(stream));
      return reply
        .type('text/event-stream')
        .header('cache-control', 'no-store')
        .send(stream.readable as never);
    },
  );
}
