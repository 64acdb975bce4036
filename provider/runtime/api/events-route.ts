// The route `/v1/events`: one event stream for each reader, with heartbeats, ended when the runtime stops.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorResponse } from '../../model/api/error.ts';
import { WeirError } from '../../model/base/errors.ts';
import { KINDS } from '../../model/base/kinds.ts';
import { DESCRIBE_WORKERS, permissionFor } from '../../model/permissions/actions.ts';
import type { Access } from '../control/access/access.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import { EventStream } from './event-stream.ts';

const MAX_STREAMS = 100;
/** Streams of that number which only the administrator can open. */
const KEPT_BACK = 16;
const MAX_STREAMS_OF_TOKEN = 16;
const HEARTBEAT_MS = 15_000;
/** Interval at which streams of revoked or expired tokens are ended. Such a stream gets no events in the meantime. */
const LOOK_AT_TOKENS_MS = 1_000;
/** Permissions that show at least one type of event; a reader needs one of them. */
const READABLE = [...KINDS.map((kind) => permissionFor(kind, 'read')), DESCRIBE_WORKERS];

export function registerEventsRoute(server: FastifyInstance, control: ControlPlane): void {
  const streams = new Set<EventStream>();
  const timer = setInterval(() => {
    for (const stream of streams) stream.heartbeat();
  }, HEARTBEAT_MS);
  const tokenTimer = setInterval(() => {
    for (const stream of streams) stream.endUnlessLive();
  }, LOOK_AT_TOKENS_MS);
  // Ends the event streams before the server waits for open responses, because an event stream never ends.
  server.addHook('preClose', async () => {
    clearInterval(timer);
    clearInterval(tokenTimer);
    for (const stream of streams) stream.end();
  });
  server.withTypeProvider<ZodTypeProvider>().get(
    '/v1/events',
    {
      // The path has no HEAD route, because a HEAD request would open an event stream that nobody reads.
      exposeHeadRoute: false,
      config: { access: { by: READABLE } },
      schema: {
        summary:
          'Streams server-sent events of the types write, health, worker, listener and lease. The event missed says that events after Last-Event-ID are lost.',
        headers: z.object({ 'last-event-id': z.string().optional() }),
        response: {
          200: {
            description: 'Events with ids, and a comment every 15 s. A reader that is too slow is disconnected.',
            content: { 'text/event-stream': { schema: z.string() } },
          },
          default: errorResponse,
        },
      },
    },
    async ({ access, headers }, reply) => {
      refuseTooMany(streams, access);
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

/** Throws if the caller, or all callers together, have as many streams open as they may. */
function refuseTooMany(streams: ReadonlySet<EventStream>, { isAdministrator, tokenId }: Access): void {
  const limit = isAdministrator ? MAX_STREAMS : MAX_STREAMS - KEPT_BACK;
  if (streams.size >= limit) {
    throw new WeirError('SystemBusy', `${streams.size} event streams are open, which is the limit: close one first.`);
  }
  if (isAdministrator) return;
  const own = [...streams].filter((stream) => stream.tokenId === tokenId);
  if (own.length < MAX_STREAMS_OF_TOKEN) return;
  throw new WeirError(
    'LimitExceeded',
    `The token has ${own.length} event streams open, which is the limit: close one first.`,
  );
}
