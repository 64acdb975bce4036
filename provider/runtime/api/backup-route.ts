// The route that copies the stored objects and tokens of the running runtime.
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorResponse } from '../../model/api/error.ts';
import { WeirError } from '../../model/base/errors.ts';
import { CREATE_BACKUP } from '../../model/permissions/actions.ts';

/** The store on disk as the API sees it. */
export interface Storage {
  /** Returns the reason why writes fail at the moment, or `undefined` if they succeed. */
  writeFault(): string | undefined;
  /** Copies the store. The signal ends it early. */
  backup(signal: AbortSignal): Promise<{ readonly bytes: number; readonly stream: Readable }>;
}

const CONTENT_TYPE = 'application/vnd.sqlite3';

export function registerBackupRoute(server: FastifyInstance, storage: Storage): void {
  server.withTypeProvider<ZodTypeProvider>().get(
    '/v1/backup',
    {
      config: { access: { by: [CREATE_BACKUP] } },
      schema: {
        summary:
          'Returns the objects, tokens and health of one moment as a SQLite database, for `weir restore`. Its secrets stay sealed.',
        response: {
          200: { description: 'The database.', content: { [CONTENT_TYPE]: { schema: z.string() } } },
          default: errorResponse,
        },
      },
    },
    async (_request, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort(new WeirError('SystemBusy', 'The caller has ended the backup.')));
      const { bytes, stream } = await storage.backup(gone.signal);
      return reply
        .type(CONTENT_TYPE)
        .header('content-length', bytes)
        .send(stream as never);
    },
  );
}
