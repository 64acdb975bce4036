// The route that replaces one worker, for operators who want a fresh thread without a restart of the runtime.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorResponse } from '../../model/api/error.ts';
import { idParams } from '../../model/api/parameters.ts';
import { WeirError } from '../../model/base/errors.ts';
import { RESTART_WORKER } from '../../model/permissions/actions.ts';
import type { ControlPlane } from '../control/control-plane.ts';

export function registerWorkerRoutes(server: FastifyInstance, control: ControlPlane): void {
  server.withTypeProvider<ZodTypeProvider>().delete(
    '/v1/workers/:id',
    {
      config: { access: { by: [RESTART_WORKER] } },
      schema: {
        summary: 'Ends one worker and its open connections. Responds when a new worker serves in its place.',
        params: idParams,
        response: { 204: z.null().describe('The worker was replaced.'), default: errorResponse },
      },
    },
    async ({ params: { id } }, reply) => {
      // An id that is not a number names no worker, so the response is 404 as for any missing object.
      if (!/^\d{1,9}$/.test(id)) throw new WeirError('NotFound', `There is no worker ${id}.`);
      await control.endWorker(Number(id));
      return reply.code(204).send(null);
    },
  );
}
